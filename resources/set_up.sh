# Sourced by ./run and ./test: makes the virtual environment in .venv and fills it, once for each state of the requirements.
# Wants: $root (the repository). Gives: $python (the environment's interpreter).
#   set_up REQUIREMENTS      environment and requirements
#   set_up_window            after it: Qt's system libraries, for whoever opens a window

qt_packages="libegl1 libgl1 libglib2.0-0 libxkbcommon0 libxkbcommon-x11-0 libfontconfig1 libdbus-1-3 libxcb-cursor0 libxcb-icccm4 \
libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 \
libxcb-xinerama0 libxcb-xkb1 fonts-dejavu-core"

fail() { printf 'lanescope: %s\n' "$*" >&2; exit 2; }

find_python() {
  local candidate
  for candidate in ${LANESCOPE_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11) or not getattr(sys, "_is_gil_enabled", bool)() and hasattr(sys, "_is_gil_enabled"))' 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}

run_as_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

install_packages() {   # PACKAGE...: quietly, with the output shown when it fails
  local log
  log=$(mktemp)
  if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "could not install: $*"
  fi
  rm -f "$log"
}

make_environment() {
  local base
  base=$(find_python)
  [ -n "$base" ] || fail "needs Python 3.11 or newer (with a GIL, for the window); install one or name it in LANESCOPE_PYTHON"
  if ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
    if run_as_root_on_debian; then install_packages python3-venv; else fail "this Python has no venv; install the package python3-venv"; fi
  fi
  printf 'lanescope: setting up .venv with %s (once)\n' "$("$base" --version)" >&2
  "$base" -m venv "$root/.venv" || fail "could not make $root/.venv"
}

check_qt_libraries() {
  local missing
  missing=$("$python" - <<'PY'
import importlib.util, pathlib, subprocess
folder = pathlib.Path(importlib.util.find_spec("PySide6").submodule_search_locations[0])
plugins = folder / "Qt" / "plugins" / "platforms"
missing = set()
for file in [plugins / "libqxcb.so", plugins / "libqoffscreen.so", *folder.glob("QtGui*.so"), *folder.glob("QtWidgets*.so")]:
    listing = subprocess.run(["ldd", str(file)], capture_output=True, text=True).stdout
    missing |= {line.split()[0] for line in listing.splitlines() if "not found" in line}
print(" ".join(sorted(missing)))
PY
  ) || return 0
  [ -n "$missing" ] || return 0
  if run_as_root_on_debian; then
    printf 'lanescope: installing the system libraries of Qt (%s)\n' "$missing" >&2
    # shellcheck disable=SC2086
    install_packages $qt_packages
  else
    fail "system libraries of Qt are missing: $missing
On Debian or Ubuntu install them with:
  sudo apt-get install $qt_packages"
  fi
}

set_up() {
  local requirements=$1 stamp key
  python=$root/.venv/bin/python
  [ -x "$python" ] && "$python" -c '' 2>/dev/null || { rm -rf "$root/.venv"; make_environment; }
  stamp=$root/.venv/.done-$(basename "$(dirname "$requirements")")
  key=$(cat "$root/requirements.txt" "$requirements" | cksum)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$key" ]; then
    printf 'lanescope: installing requirements (once, a minute or two)\n' >&2
    "$python" -m pip install --quiet --disable-pip-version-check -r "$requirements" || fail "could not install $requirements; is the network reachable?"
    printf '%s' "$key" >"$stamp"
  fi
}

set_up_window() {
  local stamp=$root/.venv/.qt-found key
  [ "$(uname -s)" = Linux ] || return 0
  key=$(cksum <"$root/requirements.txt")
  if [ "$(cat "$stamp" 2>/dev/null)" != "$key" ]; then
    check_qt_libraries
    printf '%s' "$key" >"$stamp"
  fi
}
