// The console: a page over the public API and nothing else.
import { render } from 'preact';
import { Shell } from './shell/shell.tsx';
import { followTheme } from './shell/theme.ts';
import './ui/base.css';
import './shell/shell.css';

followTheme();
render(<Shell />, document.getElementById('app')!);
