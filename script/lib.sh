# What the scripts share; sourced from the project's root.

# Invariant as the projects are: the SDK then needs no ICU.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

# Debian's, which its packages are for, whatever else comes first in PATH.
python=/usr/bin/python3

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# The SDK of global.json, and what it fetches packages with.
need_dotnet() {
  need_packages ca-certificates libssl3
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
  dotnet --version >/dev/null 2>&1 \
    || fail "the .NET SDK named in global.json is missing; found $(dotnet --list-sdks | tr '\n' ' ')"
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

# Unpacks a Debian package to artifacts/peers/NAME without installing it, of this release or of the one named; says so
# where it can't be had, for tests that are skipped then.
unpack_package() {
  local name=$1 suite=${2:-} folder=$PWD/artifacts/peers/$1 options=()
  [ ! -d "$folder/usr" ] || return 0
  echo "Unpacking $name${suite:+ of $suite}"
  mkdir -p "$folder"
  (
    cd "$folder"
    apt-get update
    if [ -n "$suite" ]; then
      archive=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' \
        | awk '$1 == "Debian" { print $2; exit }')
      mkdir -p apt/lists/partial apt/cache/archives/partial
      echo "deb ${archive%/} $suite main" >apt/sources
      options=(-o "Dir::Etc::sourcelist=$PWD/apt/sources" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$PWD/apt/lists" -o "Dir::Cache=$PWD/apt/cache")
      apt-get "${options[@]}" update
    fi
    apt-get "${options[@]}" download "$name" && dpkg-deb -x "$name"_*.deb .
    rm -rf apt "$name"_*.deb
  ) >"$folder/log" 2>&1 || true
  [ -d "$folder/usr" ] || echo "LEFT OUT: $name can't be had ($folder/log says why); tests that need it are skipped"
}

# Runs a command with its output in a log, which is shown where the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; fail "$* failed; all of its output is in $log"; }
}
