/** The terminal's colours, for the light and the dark scheme, and which of them is wanted now. */
import type { ITheme } from '@xterm/xterm';

const dark: ITheme = {
  background: '#0e1312',
  foreground: '#dde5e1',
  cursor: '#5fd0bf',
  cursorAccent: '#0e1312',
  selectionBackground: '#2d4f4a',
  black: '#1c2422',
  red: '#f0787a',
  green: '#8cc97c',
  yellow: '#dfb75f',
  blue: '#7aaef2',
  magenta: '#d39ad8',
  cyan: '#62c5c2',
  white: '#ccd5d1',
  brightBlack: '#7b8884',
  brightRed: '#ff9c96',
  brightGreen: '#aee29c',
  brightYellow: '#f3d182',
  brightBlue: '#a0c8ff',
  brightMagenta: '#e9b8ec',
  brightCyan: '#8ce0dc',
  brightWhite: '#ffffff',
  scrollbarSliderBackground: '#ffffff22',
  scrollbarSliderHoverBackground: '#ffffff38',
  scrollbarSliderActiveBackground: '#ffffff50',
};

const light: ITheme = {
  background: '#ffffff',
  foreground: '#1b2321',
  cursor: '#0b6b62',
  cursorAccent: '#ffffff',
  selectionBackground: '#bfe3dc',
  black: '#1b2321',
  red: '#b42318',
  green: '#2f7a2a',
  yellow: '#8a6200',
  blue: '#1d5fbf',
  magenta: '#8f3a97',
  cyan: '#0b7377',
  white: '#5f6b67',
  brightBlack: '#5f6b67',
  brightRed: '#d03a2e',
  brightGreen: '#3c8a36',
  brightYellow: '#9a7000',
  brightBlue: '#2f74d6',
  brightMagenta: '#a34eab',
  brightCyan: '#178489',
  brightWhite: '#1b2321',
  scrollbarSliderBackground: '#00000020',
  scrollbarSliderHoverBackground: '#00000038',
  scrollbarSliderActiveBackground: '#00000050',
};

const darkWanted = window.matchMedia('(prefers-color-scheme: dark)');

/** Calls `apply` now and whenever the scheme changes; returns the undo. */
export function followScheme(apply: (theme: ITheme) => void): () => void {
  const onChange = () => apply(darkWanted.matches ? dark : light);
  onChange();
  darkWanted.addEventListener('change', onChange);
  return () => darkWanted.removeEventListener('change', onChange);
}
