import winston from "winston";

/** Flat facts that go with a message. Constant message text, variable parts here. Never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFormat = "json" | "text";

/** Lines on standard error: JSON for machines, or text for a person at a terminal. */
export function createLogger(options: { level: LogLevel; format: LogFormat }): Logger {
  const { combine, timestamp, json, printf } = winston.format;
  const text = printf(({ level, message, timestamp: time, ...fields }) => {
    const rest = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    return [String(time), level.toUpperCase(), String(message), ...rest].join(" ");
  });
  const logger = winston.createLogger({
    level: options.level,
    format: combine(timestamp(), options.format === "json" ? json() : text),
    transports: [new winston.transports.Console({ stderrLevels: ["debug", "info", "warn", "error"] })],
  });
  return wrap(logger);
}

/** Drops everything. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

function wrap(logger: winston.Logger): Logger {
  return {
    debug: (message, fields) => void logger.debug(message, fields),
    info: (message, fields) => void logger.info(message, fields),
    warn: (message, fields) => void logger.warn(message, fields),
    error: (message, fields) => void logger.error(message, fields),
    child: (fields) => wrap(logger.child(fields)),
  };
}
