#!/usr/bin/env bash
# Annotates VCF files and saves each result in a folder of its job, results/ID:
#   export GAS_URL=https://gas.example.org GAS_TOKEN=gas_…
#   bash annotate.sh *.vcf.gz
# Needs curl, and Python 3, which reads and writes the JSON. Use gas-cli for files of more than 5 GiB, and for many files on
# the Free plan: this script downloads the first result after it has sent the last file.
set -euo pipefail

body=$(mktemp)
trap 'rm -f "$body"' EXIT

# The header with the token. As an argument of curl, everyone on the machine could read it in the list of processes.
token() { printf 'Authorization: Bearer %s\n' "$GAS_TOKEN"; }

# Calls the API and prints the response. curl empties a file before it repeats a request, but not the standard output.
call() {
  local code=0
  curl -sS --fail-with-body --retry 5 -H @<(token) -o "$body" "$@" || code=$?
  cat "$body"
  return "$code"
}
json() { python3 -c "import json, sys
reply = json.load(sys.stdin)
$1"; }

failed=0
problem() { echo "$1" >&2; failed=1; }

jobs=()
for file in "$@"; do
  # 1. Create a job. The key makes a repeated request return the same job.
  new=$(python3 -c 'import json, os, sys
print(json.dumps({"file_name": os.path.basename(sys.argv[1]), "size_bytes": os.path.getsize(sys.argv[1])}))' "$file")
  created=$(call "$GAS_URL/api/v1/jobs" -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s)-$RANDOM-$RANDOM" -d "$new") ||
    { problem "$file was not accepted: $created"; continue; }
  id=$(json 'print(reply["job"]["id"])' <<<"$created")
  # 2. Upload the file to storage, without the token: the fields of the form come first, the file last.
  form=()
  while IFS= read -r field; do form+=(--form-string "$field"); done < <(
    json 'for field in reply["upload"]["fields"]: print(field["name"] + "=" + field["value"])' <<<"$created"
  )
  path=${file//\\/\\\\} path=${path//\"/\\\"} # in quotes, for curl
  curl -sS --fail-with-body -o /dev/null "${form[@]}" -F "file=@\"$path\"" "$(json 'print(reply["upload"]["url"])' <<<"$created")" ||
    { problem "$file was not uploaded"; continue; }
  # 3. Submit the job.
  submitted=$(call -X POST "$GAS_URL/api/v1/jobs/$id/submit") ||
    { problem "$file was not submitted: $submitted"; continue; }
  echo "$id submitted $file"
  jobs+=("$id")
done

for id in ${jobs[@]+"${jobs[@]}"}; do
  # 4. Wait until it has ended.
  status=unknown
  while job=$(call "$GAS_URL/api/v1/jobs/$id") && status=$(json 'print(reply["status"])' <<<"$job"); do
    case $status in completed | failed | cancelled) break ;; esac
    sleep 3
  done
  # 5. Download the result. Storage states its file name.
  if [[ $status == completed ]]; then
    mkdir -p "results/$id"
    curl -sS --fail -H @<(token) -L -OJ --output-dir "results/$id" "$GAS_URL/api/v1/jobs/$id/result" ||
      { problem "$id was not downloaded"; continue; }
    echo "$id completed"
  else
    problem "$id $status: $(json 'print((reply.get("failure") or {}).get("reason") or reply.get("detail", ""))' <<<"$job")"
  fi
done
exit "$failed"
