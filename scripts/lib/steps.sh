# Named steps: each is timed, logged and reported in one line. After a failed one, the next ones still run.
# shellcheck shell=bash

logs=$target_dir/test-logs
mkdir -p "$logs"
failed_steps=()
passed=0
failed=0

step() { # name command...
  printf '%-16s' "$1"
  run "$@"
  report "$1"
}

# A step beside others: it is reported where it is finished.
begin() { # name command...
  run "$@" &
  printf '%d\n' $! >"$logs/$1.pid"
}
finish() { # name
  printf '%-16s' "$1"
  wait "$(cat "$logs/$1.pid")"
  report "$1"
}

# Runs a step, and leaves how it ended, and its seconds, in a file.
run() { # name command...
  local name=$1 start=$SECONDS outcome=ok
  shift
  rm -f "$logs/$name.outcome"
  "$@" </dev/null >"$logs/$name.log" 2>&1 || outcome=FAILED
  printf '%s %d\n' "$outcome" $((SECONDS - start)) >"$logs/$name.outcome"
}

report() { # name
  local name=$1 log=$logs/$1.log outcome seconds counts
  read -r outcome seconds <"$logs/$name.outcome"
  counts=$(count_tests "$log")
  printf '%-8s%5d s' "$outcome" "$seconds"
  tally "$outcome" ${counts:+$counts}
  [ "$outcome" = ok ] && return
  failed_steps+=("$name")
  tail -n 80 "$log" | sed 's/^/    /'
  printf '    (all of it: %s)\n' "$log"
  return 1
}

# Adds up cargo's `test result:` lines and the plain closing lines of the other runners.
count_tests() { # log
  sed -nE 's/^(test result: .* )?([0-9]+) passed[;,] ([0-9]+) failed.*/\2 \3/p' "$1" |
    awk '{ passed += $1; failed += $2 } END { if (NR) print passed, failed }'
}

# A step that fails without a failing test counts as one failure, so that the sum never hides it.
tally() { # outcome [passed failed]
  if [ $# -eq 3 ]; then printf '   %d passed, %d failed' "$2" "$3"; fi
  printf '\n'
  passed=$((passed + ${2:-0}))
  if [ "$1" = FAILED ] && [ "${3:-0}" -eq 0 ]; then
    failed=$((failed + 1))
  else
    failed=$((failed + ${3:-0}))
  fi
}

sum_up() {
  if [ ${#failed_steps[@]} -gt 0 ]; then printf '\nFailed: %s\n' "${failed_steps[*]}"; fi
  printf '\n%-24s%5d s\n' 'all of it' "$SECONDS"
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ ${#failed_steps[@]} -eq 0 ]
}
