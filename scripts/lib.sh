# Sourced by the other scripts: where things are built, and what must be there first. Does nothing by itself.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

# One target folder outside the checkout, so that a fresh clone doesn't compile RocksDB again.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/bailiwick/target}"
bin="$CARGO_TARGET_DIR/release"
state="${XDG_STATE_HOME:-$HOME/.local/state}/bailiwick"
dev_json="$state/dev.json"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$(basename "$0"): $*"; exit 1; }

# Installs Debian packages, as root or by sudo.
install_packages() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "these packages are needed, and there is no sudo to install them: $*"
        as_root=(sudo)
    fi
    command -v apt-get >/dev/null || fail "these are needed, and this isn't Debian or Ubuntu: $*"
    say "installing $*"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "$@" >&2
}

have_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    ldconfig -p 2>/dev/null | grep -q 'libclang[-.0-9]*\.so' && return 0
    # `libclang-cpp` is another library, which bindgen has no use for.
    compgen -G '/usr/lib/llvm-*/lib/libclang.so*' >/dev/null || compgen -G '/usr/lib/llvm-*/lib/libclang-[0-9]*.so*' >/dev/null
}

# Cargo knows a package by its place in the workspace, and a file by when it was changed. So a folder that several
# checkouts build into would take one's program for the other's, where that was built later than this was changed.
own_the_target() {
    local stamp="$CARGO_TARGET_DIR/.checkout"
    mkdir -p "$CARGO_TARGET_DIR"
    [ "$(cat "$stamp" 2>/dev/null)" = "$top" ] && return
    find "$top"/crates "$top"/node "$top"/tui "$top"/tests \( -name '*.rs' -o -name Cargo.toml \) -exec touch {} +
    printf '%s\n' "$top" >"$stamp"
}

# What building needs: Rust, a C++ compiler, libclang (bindgen reads RocksDB's headers with it).
need_build_tools() {
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    command -v cargo >/dev/null || fail "Rust is needed: see https://rustup.rs"
    local missing=()
    command -v g++ >/dev/null || missing+=(build-essential)
    have_libclang || missing+=(libclang-dev)
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
    own_the_target
    compgen -G "$bin/build/librocksdb-sys-*/out/librocksdb.a" >/dev/null ||
        say "RocksDB is compiled once: some 15 minutes on two cores, the rest some 10 more"
}

# What the tests need besides: `ip`, for network namespaces. Without root they say that they skip those.
need_test_tools() {
    command -v ip >/dev/null || [ -x /usr/sbin/ip ] || install_packages iproute2
    case ":$PATH:" in *:/usr/sbin:*) ;; *) export PATH="$PATH:/usr/sbin" ;; esac
}

# Whether a process is one of ours.
is_node() { [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" | grep -q 'bailiwick-node'; }

# The process ids in dev.json: the parent's first, then its nodes'.
dev_pids() { [ -f "$dev_json" ] && sed -n 's/.*"pid": *\([0-9]\+\).*/\1/p' "$dev_json" || true; }
