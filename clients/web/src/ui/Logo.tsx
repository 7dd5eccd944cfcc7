/** The mark of DankerChat; decorative, the name stands beside it. */
export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M8 11a3 3 0 0 1 3-3h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-6l-4.4 3.7a1 1 0 0 1-1.600-.8V19.800A3 3 0 0 1 8 17z"
        fill="var(--on-accent)"
      />
      <path d="M12.500 12.500h7M12.500 15.500h4.500" stroke="var(--accent)" strokeWidth="1.800" strokeLinecap="round" />
    </svg>
  );
}
