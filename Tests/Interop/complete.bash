#!/usr/bin/env bash
# Prints bash's completions of the last word of a command line, one per line.
#
# bash complete.bash SCRIPT WORD...
#
# SCRIPT is the completion script of the command that the first WORD names. The words are the command line as typed so far.
set -eu
source "$1"
shift

COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
# complete -o filenames -F FUNCTION COMMAND
read -ra specification < <(complete -p "$1")
for index in "${!specification[@]}"; do
    if [ "${specification[index]}" = -F ]; then function=${specification[index + 1]}; fi
done
COMPREPLY=()
set +eu
# Outside a completion, compopt fails, so it is replaced.
compopt() { :; }
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
