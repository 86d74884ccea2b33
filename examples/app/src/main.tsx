import { ApolloProvider } from '@apollo/client/react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { client, goLive } from './client';
import { restoreTheme, say } from './ui';
import './style.css';

restoreTheme();
goLive(() => say('Your session has ended. Please log in again.'));
createRoot(document.getElementById('root')!).render(
  <ApolloProvider client={client}>
    <App />
  </ApolloProvider>,
);
