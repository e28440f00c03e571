#!/bin/sh
# Makes openssl.json: keys and signatures of Ed25519 as the openssl program makes them (3.0 or newer).
# Run: sh make_openssl.sh > openssl.json
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
separator='['
for number in 1 2 3 4 5 6; do
    openssl genpkey -algorithm ed25519 -out "$folder/key"
    public=$(openssl pkey -in "$folder/key" -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')
    printf 'message %s, %*s' "$number" $((number * 17)) '' >"$folder/message"
    openssl pkeyutl -sign -rawin -inkey "$folder/key" -in "$folder/message" -out "$folder/signature"
    signature=$(od -An -v -tx1 "$folder/signature" | tr -d ' \n')
    message=$(od -An -v -tx1 "$folder/message" | tr -d ' \n')
    printf '%s\n {"public": "%s", "message": "%s", "signature": "%s"}' "$separator" "$public" "$message" "$signature"
    separator=','
done
printf '\n]\n'
