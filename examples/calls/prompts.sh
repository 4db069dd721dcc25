#!/usr/bin/env bash
# Speaks the announcement of `register/announcement.toml` with a test voice, as WAV files that telephones
# play (8 kHz, one channel, 16 bit). Needs espeak-ng and sox (Debian: apt-get install espeak-ng sox).
# The texts here are those of the register; change both, and the version. For callers, have a person
# speak them and put the files in the same places.
set -euo pipefail
cd "$(dirname "$0")/prompts"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { # say FILE TEXT
  espeak-ng -v da -s 175 -w "$work/speech.wav" "$2"
  # Without dither, and with the silence at both ends cut, the same text gives the same small file.
  sox -D "$work/speech.wav" -r 8000 -c 1 -b 16 -e signed "$1" silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse pad 0.1 0.2
}

say before.da.wav "Velkommen til Havnetilskudsstyrelsen. Vi vil gerne optage samtalen, men kun hvis du siger ja. Optagelsen slettes 96 timer efter samtalen. Du får den samme hjælp, hvad du end svarer, og du kan trække dit samtykke tilbage undervejs ved at trykke 9. Læs mere på vores hjemmeside under Optagelse af opkald."
say quality.da.wav "Må vi optage samtalen og bruge den til at forbedre vores service? Tryk 1 for ja eller 2 for nej."
say training.da.wav "Må vi bruge optagelsen til at oplære vores medarbejdere? Tryk 1 for ja eller 2 for nej."
say withdrawn.da.wav "Dit samtykke er trukket tilbage. Optagelsen er stoppet og slettet."
