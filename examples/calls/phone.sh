#!/usr/bin/env bash
# A telephone without a screen, by baresip, for trying the example on one machine.
#   ./phone.sh agent           answers calls to sip:agent@127.0.0.1:6060 and says something, until stopped
#   ./phone.sh caller [KEYS]   calls the front, presses KEYS (11 when not said), speaks, hangs up
# Needs baresip and sox (Debian: apt-get install baresip-core sox).
set -euo pipefail
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"; kill %% 2>/dev/null || true' EXIT

# A phone whose sound ends hangs up: a minute and a half of speech is enough.
sox prompts/training.da.wav "$dir/speech.wav" repeat 17

phone() { # phone USER PORT CONTROL ANSWERMODE
  cat >"$dir/config" <<C
sip_listen 127.0.0.1:$2
net_interface 127.0.0.1
audio_player aubridge,nil
audio_source aufile,$dir/speech.wav
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
module_path $(ls -d /usr/lib/baresip/modules /usr/local/lib/baresip/modules /usr/lib/*/baresip/modules 2>/dev/null | head -n 1)
module g711.so
module aufile.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:$3
C
  echo "<sip:$1@127.0.0.1:$2>;regint=0;audio_codecs=pcma;answermode=$4" >"$dir/accounts"
}

tell() { # tell COMMAND [PARAMETER]: in a netstring, as ctrl_tcp wants it
  local json="{\"command\":\"$1\",\"params\":\"${2:-}\"}"
  printf '%s:%s,' "${#json}" "$json" >&3
}

case "${1:-}" in
  agent)
    phone agent 6060 4460 auto
    baresip -f "$dir" </dev/null
    ;;
  caller)
    phone caller 6070 4470 manual
    baresip -f "$dir" </dev/null >"$dir/log" 2>&1 &
    for _ in $(seq 50); do { exec 3<>/dev/tcp/127.0.0.1/4470; } 2>/dev/null && break; sleep 0.1; done
    keys=${2:-11}
    tell dial sip:70101010@127.0.0.1:5060
    # Each question is heard out before its key is pressed.
    echo "calling; the announcement takes a while"
    sleep 26
    for ((i = 0; i < ${#keys}; i++)); do
      echo "pressing ${keys:i:1}"
      tell sndcode "${keys:i:1}"
      sleep 7
    done
    echo "speaking"
    sleep 5
    tell hangup
    sleep 1
    ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
