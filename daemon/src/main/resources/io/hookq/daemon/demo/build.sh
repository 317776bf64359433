# Nothing but what a shell has built in: a sandbox may hold no other program.
block=0123456789abcdef
while [ "$doublings" -gt 0 ]; do
  block=$block$block
  doublings=$((doublings - 1))
done
{
  echo "$name, made for $salt"
  for need in $needs "$source"; do
    echo "refers to $need"
  done
  echo "$block"
} >"$out"
