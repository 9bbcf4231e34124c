import './styles/console.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queries } from './api/client';
import { Start } from './app/Start';
import { startUpdates } from './app/update';
import { chooseLanguage, language } from './texts/language';

chooseLanguage(language());
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Start />
      </QueryClientProvider>
    </StrictMode>,
  );
}
void startUpdates();
