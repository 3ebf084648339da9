#!/bin/sh
# Report events to Aymak from a shell: curl, flock (util-linux) and GNU coreutils, nothing else.
#
#   aymak.sh add TYPE [ID] < data.json    keeps an event in the spool and prints its id
#   aymak.sh flush                        sends what waits, one request for each event
#
# AYMAK_URL, AYMAK_KEY and AYMAK_SOURCE say where to, who and from where; AYMAK_SPOOL is the folder
# of the spool. 0 all is well, 75 try again later, 78 somebody must look: see examples/README.md.
set -eu

: "${AYMAK_URL:?is not set}" "${AYMAK_KEY:?is not set}" "${AYMAK_SOURCE:?is not set}"
spool=${AYMAK_SPOOL:-spool}
timeout=${AYMAK_TIMEOUT:-10}
first_wait=${AYMAK_WAIT:-0.5}
attempts=6
longest_wait=30
longest_retry_after=60
umask 077
mkdir -p "$spool/tmp" "$spool/pending" "$spool/refused"

# Writes stdin to folder $1 as $2: a name in its final folder is always a whole file on the disk.
keep() {
    draft=$spool/tmp/$2.$$
    cat >"$draft"
    sync "$draft"
    mv "$draft" "$spool/$1/$2"
    sync "$spool/$1"
}

# The id is made once and stays the same however often the event is sent. Give one that your own
# data determine where a fact could be added twice.
add() {
    type=$1
    id=${2:-$(cat /proc/sys/kernel/random/uuid)}
    case $type$id$AYMAK_SOURCE in *['"\']*) stop 64 "no quotes and no backslashes in type, id or source" ;; esac
    data=$(cat)
    name=$(date +%s%N | sed 's/^/0/')-$$.json
    printf '{"specversion":"1.0","id":"%s","source":"%s","type":"%s","time":"%s","data":%s}\n' \
        "$id" "$AYMAK_SOURCE" "$type" "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)" "$data" |
        keep pending "$name"
    echo "$id"
}

# Sends the event in file $1 once; sets status (000 without a whole answer) and retry_after.
post() {
    # The key goes in by a file descriptor: arguments are for all to see.
    status=$(printf 'header = "Authorization: Bearer %s"\n' "$AYMAK_KEY" |
        curl --silent --config - --max-time "$timeout" --output "$answer" --dump-header "$headers" \
            --write-out '%{http_code}' --header 'Content-Type: application/cloudevents+json' \
            --header 'Accept-Language: en' --data-binary "@$1" "$AYMAK_URL/v1/events") || status=000
    retry_after=$(tr -d '\r' <"$headers" | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9][0-9]*\)$/\1/p')
    retry_after=${retry_after:-0}
    [ "$retry_after" -le "$longest_retry_after" ] || retry_after=$longest_retry_after
}

# Sends the event in file $1 until there is an answer that another attempt would not change.
deliver() {
    attempt=1
    while :; do
        : >"$headers" && : >"$answer"
        post "$1"
        case $status in
        000 | 408 | 425 | 429 | 500 | 502 | 503 | 504) ;;
        *) return 0 ;;
        esac
        [ "$attempt" -lt "$attempts" ] || return 1
        random=$(od -An -N2 -tu2 /dev/urandom)
        sleep "$(awk -v after="$retry_after" -v first="$first_wait" -v attempt="$attempt" \
            -v most="$longest_wait" -v random="$random" 'BEGIN {
                wait = first * 2 ^ attempt
                print after + (wait < most ? wait : most) * random / 65535 }')"
        attempt=$((attempt + 1))
    done
}

left() {
    find "$spool/pending" -name '*.json' | wc -l
}

stop() {
    echo "$2; left $(left)" >&2
    exit "$1"
}

# An event that was refused blocks nothing: it stands aside, beside the reason.
set_aside() {
    keep refused "$(basename "$1" .json).problem.json" <"$answer"
    mv "$1" "$spool/refused/"
    sync "$spool/refused"
}

flush() {
    sent=0 refused=0
    # The lock ends with this process, however it ends.
    exec 9>"$spool/lock"
    if flock -n 9; then
        answer=$spool/tmp/answer.$$ headers=$spool/tmp/headers.$$
        trap 'rm -f "$answer" "$headers"' EXIT
        while :; do
            file=$(find "$spool/pending" -name '*.json' | sort | head -n 1)
            [ -n "$file" ] || break
            deliver "$file" || stop 75 "no good answer in $attempts attempts, the last: HTTP $status"
            case $status in
            202)
                rm "$file"
                sent=$((sent + 1))
                ;;
            400 | 413 | 422)
                set_aside "$file"
                refused=$((refused + 1))
                ;;
            403)
                # A source or type that this key may not send is the event's fault alone.
                grep -q '/foreign_' "$answer" || stop 78 "HTTP 403: $(head -c 500 "$answer")"
                set_aside "$file"
                refused=$((refused + 1))
                ;;
            *) stop 78 "HTTP $status: $(head -c 500 "$answer")" ;;
            esac
        done
    fi
    echo "sent $sent, refused $refused, left $(left)"
}

case ${1:-} in
add)
    [ $# -ge 2 ] || stop 64 "usage: aymak.sh add TYPE [ID] < data.json"
    add "$2" "${3:-}"
    ;;
flush) flush ;;
*) stop 64 "usage: aymak.sh add TYPE [ID] < data.json | flush" ;;
esac
