# The image of docker-compose.yml: the compiled program, what it needs at run time, and git.
FROM node:20.20-bookworm AS build
WORKDIR /app
COPY . .
# The command sets itself up as in a fresh clone: dependencies, SQLite binding, build.
RUN node bin/signalbox.mjs --help && npm prune --omit=dev --ignore-scripts

FROM node:20.20-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
# Owned by the user before a volume is mounted on it: a new volume takes over the owner.
RUN install -d -o node -g node /home/node/.signalbox
USER node
WORKDIR /home/node
ENTRYPOINT ["node", "/app/bin/signalbox.mjs"]
CMD ["up"]
