#!/usr/bin/env bash
# Rebuild starter/ from the data folder: tools/starter/build.sh DATA [CACHE]
# WordNet 3.0 comes from Debian's package wordnet-base, or from the folder that WORDNET names (data.noun and index.noun).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "${1:?usage: build.sh DATA [CACHE]}" && pwd)
cache=${2:-$here/.cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

if [ ! -x "$cache/venv/bin/python" ]; then
  python3 -m venv "$cache/venv"
fi
"$cache/venv/bin/pip" install --quiet -r "$here/requirements.txt"

if [ -z "${WORDNET:-}" ]; then
  WORDNET=$cache/wordnet/usr/share/wordnet
  if [ ! -f "$WORDNET/data.noun" ]; then
    mkdir -p "$cache/wordnet"
    (cd "$cache/wordnet" && apt-get download wordnet-base && dpkg -x wordnet-base_*.deb .)
  fi
fi

exec "$cache/venv/bin/python" "$here/build.py" "$data" --cache "$cache" --wordnet "$WORDNET"
