import './editor.js';
import 'graphiql/graphiql.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import './style.css';

import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { DOC_EXPLORER_PLUGIN, useDocExplorerActions } from '@graphiql/plugin-doc-explorer';
import { useHistoryActions } from '@graphiql/plugin-history';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';

import { BUILDER_PLUGIN } from './builder.jsx';
import { examples } from './examples.js';
import { graphiqlFetcher } from './fetcher.js';
import { LOG_IN_PLUGIN, SessionEnded } from './login.jsx';
import { keepQueryWidth } from './panes.js';
import { RECEIPT_PLUGIN } from './receipt.jsx';
import { secretsBut } from './secrets.js';
import { namespaced } from './storage.js';

const plugins = [BUILDER_PLUGIN, HISTORY_PLUGIN, LOG_IN_PLUGIN, RECEIPT_PLUGIN];

// What everybody can read in the examples is no secret.
const { withoutSecrets, stored } = secretsBut(new Set(examples.flatMap(({ query, variables }) => [query, variables])));
const storage = namespaced('kith:', stored);

// GraphiQL opens panels by its buttons alone.
function openPanel(title) {
  document.querySelector(`.graphiql-sidebar button[aria-label="Show ${title}"]`)?.click();
}

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

// The history takes operations without their secrets, in memory as well.
function CleanHistory() {
  const actions = useHistoryActions();
  useEffect(() => {
    const { addToHistory } = actions;
    actions.addToHistory = operation => addToHistory(withoutSecrets(operation));
    return () => {
      actions.addToHistory = addToHistory;
    };
  }, [actions]);
}

// An address that ends in #User shows what the schema says of the type User.
function ShowType() {
  const schema = useGraphiQL(state => state.schema);
  const { push } = useDocExplorerActions();
  useEffect(() => {
    const show = () => {
      const def = schema?.getType(decodeURIComponent(location.hash.slice(1)));
      if (!def) return;
      openPanel(DOC_EXPLORER_PLUGIN.title);
      push({ name: def.name, def });
    };
    show();
    addEventListener('hashchange', show);
    return () => removeEventListener('hashchange', show);
  }, [schema, push]);
}

function ModelLink() {
  const schema = useGraphiQL(state => state.schema);
  return schema && <a href="/model">Model</a>;
}

createRoot(document.getElementById('root')).render(
  <>
    <SessionEnded openPanel={openPanel} />
    <GraphiQL
      fetcher={graphiqlFetcher}
      plugins={plugins}
      storage={storage}
      defaultTabs={examples}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      onTogglePluginVisibility={keepQueryWidth}
    >
      <GraphiQL.Logo>
        <ModelLink />
        <span>kith</span>
      </GraphiQL.Logo>
      <FollowSystemTheme />
      <CleanHistory />
      <ShowType />
    </GraphiQL>
  </>,
);
