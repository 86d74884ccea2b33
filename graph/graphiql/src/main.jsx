import './editor.js';
import 'graphiql/graphiql.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import './style.css';

import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';

import { examples } from './examples.js';
import { graphiqlFetcher } from './fetcher.js';
import { LOG_IN_PLUGIN } from './login.jsx';
import { RECEIPT_PLUGIN } from './receipt.jsx';
import { namespaced } from './storage.js';

const plugins = [HISTORY_PLUGIN, LOG_IN_PLUGIN, RECEIPT_PLUGIN];
const storage = namespaced('kith:');

// The editors choose their colours once; this makes them follow the system while the theme is left to it.
function FollowSystemTheme() {
  const theme = useGraphiQL(state => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme) return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [theme, setTheme]);
}

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={graphiqlFetcher}
    plugins={plugins}
    storage={storage}
    defaultTabs={examples}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>kith</GraphiQL.Logo>
    <FollowSystemTheme />
  </GraphiQL>,
);
