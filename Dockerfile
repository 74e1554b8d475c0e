# The operator's image: one JavaScript file on a slim Node.js, as a user without rights and with nothing that it may write.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json LICENSE ./
COPY hack ./hack
COPY src ./src
RUN node hack/bundle.ts && node dist/fairlead.mjs --help

FROM node:24-bookworm-slim
# Package managers are of no use to the operator, and of some to an intruder.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn*
LABEL org.opencontainers.image.title="fairlead" \
      org.opencontainers.image.description="Kubernetes operator for Amazon EKS" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /build/dist/fairlead.mjs /build/dist/licenses.txt /build/LICENSE ./
ENV NODE_ENV=production
USER 65532:65532
EXPOSE 8080 61779
ENTRYPOINT ["node", "--enable-source-maps", "/app/fairlead.mjs"]
CMD ["run"]
