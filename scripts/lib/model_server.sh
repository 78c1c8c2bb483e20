# llama.cpp's server and small models, from PyPI, for e2e/model-server. 140 MB are downloaded.
# shellcheck shell=bash

model_server() {
  local folder=$target_dir/model-server requirements=e2e/model-server/requirements.txt
  export MODEL_SERVER_PYTHON=$folder/bin/python
  # A copy that is there only after a complete installation.
  if cmp -s "$requirements" "$folder/.installed-requirements"; then
    say "model server" "found"
    return
  fi
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    die "The model server needs Python 3.10 or later, with venv." "Install it: in Debian, python3 and python3-venv."
  rm -rf "$folder"
  must "The model server's Python environment" python3 -m venv "$folder"
  must "pip install of $requirements (a machine of another kind may have no wheel of xllamacpp)" \
    "$MODEL_SERVER_PYTHON" -m pip install --no-deps --only-binary :all: --disable-pip-version-check -r "$requirements"
  cp "$requirements" "$folder/.installed-requirements"
  say "model server" "installed"
}
