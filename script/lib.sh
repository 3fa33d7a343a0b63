# What the scripts share; sourced from the project's root.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# The SDK of global.json.
need_dotnet() {
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
  dotnet --version >/dev/null 2>&1 || fail "the .NET SDK named in global.json is missing; found $(dotnet --list-sdks | tr '\n' ' ')"
}

# Debian packages, installed where they are missing.
need_packages() {
  local missing=()
  for package in "$@"; do
    dpkg-query -Wf '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "Installing ${missing[*]}"
  [ "$(id -u)" = 0 ] || fail "run as root, or install first: apt-get install ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || fail "apt-get could not install ${missing[*]}"
}

# Runs a command with its output in a log, which is shown where the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; fail "$* failed; all of its output is in $log"; }
}
