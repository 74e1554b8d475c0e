import { isObject } from "../json-value.ts";

const UNSUCCESSFUL: Readonly<Record<number, string>> = {
  400: "the server rejected our request for an unknown reason",
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  409: "the server reported a conflict",
  422: "the server rejected our request due to an error in our request",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504: "the server was unable to return a response in the time allotted, but may still be processing the request",
};

/** The JSON of an HTTP answer; throws what the API server's client says of one that is none, or no success. */
export function decodedAnswer(status: number, contentType: string, text: string): unknown {
  const value = parsed(text);
  if (status < 200 || status > 206) {
    if (isObject(value) && value["kind"] === "Status" && typeof value["message"] === "string") {
      throw new Error(value["message"]);
    }
    const shown = contentType.startsWith("text/") && text !== "" ? text.slice(0, 2048) : "unknown";
    if (status === 403) throw new Error(shown);
    throw new Error(
      UNSUCCESSFUL[status] ??
        `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`,
    );
  }
  if (text === "") {
    throw new Error(`0-length response with status code: ${status} and content type: ${contentType}`);
  }
  if (isObject(value)) return value;
  const type = value === undefined ? "string" : Array.isArray(value) ? "array" : typeof value;
  throw new Error(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
