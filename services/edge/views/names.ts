// What a view is called where names are written together.

/** "MobileResults" of "mobile-results". */
export function typeNameOfView(name: string): string {
  return name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
}
