# The server with the starter model, from a clone: docker build -t zeroclip .
# Debian's glibc: neither ONNX Runtime nor sharp needs a compiler there. Node 24 is the newest with long support.
ARG NODE=24-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
# ONNX Runtime and usearch bring their libraries for every system, and a container has one; types and source maps are for
# programming, and so is what usearch is compiled from.
RUN find node_modules/onnxruntime-node/bin/napi-v* -mindepth 2 -maxdepth 2 \
      -not -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
 && find node_modules -path "node_modules/usearch/prebuilds/*" -prune \
      -not -name "linux-$(node -p process.arch)" -exec rm -r {} + \
 && rm -rf node_modules/usearch/numkong \
 && find node_modules -type f \( -name "*.d.ts" -o -name "*.d.mts" -o -name "*.d.cts" -o -name "*.map" \) -delete
# The command, as "docker exec NAME zeroclip keys create shop" finds it.
RUN mkdir -p node_modules/.bin && ln -s ../../dist/cli/main.js node_modules/.bin/zeroclip

FROM node:${NODE}
# Models, label sets, keys and caches; all else may be read-only.
WORKDIR /data
RUN chown 1000:1000 .
VOLUME /data
WORKDIR /app
COPY package.json LICENSE NOTICE.md ./
COPY deploy/health.mjs deploy/health.mjs
COPY starter starter
COPY calibration calibration
COPY --from=packages /app/node_modules node_modules
COPY --from=build /source/dist dist
ENV NODE_ENV=production \
    PATH=/app/node_modules/.bin:$PATH \
    ZEROCLIP_HOME=/data \
    ZEROCLIP_SERVE_HOST=0.0.0.0
# The image's own user "node"; a number, so that Kubernetes sees that it is not root.
USER 1000:1000
EXPOSE 8765
# Ready, not only alive: the first start of another model than the starter may download and compile it for minutes.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --start-interval=1s CMD ["node", "deploy/health.mjs"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["serve"]
