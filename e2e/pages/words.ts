// What the page's parts are called in each language: page objects find them by these names.

const english = {
  conversation: 'Conversation',
  assistant: 'Assistant',
  you: 'You',
  message: 'Message',
  send: 'Send',
  stop: 'Stop',
  edit: 'Edit',
  retry: 'Retry',
  goOn: 'Continue',
  jumpToLatest: 'Jump to latest',
  emptyHeading: 'What would you like to know?',
  starters: 'Questions to start with',
  signOut: 'Sign out',
  stopped: 'Stopped',
  offline: 'You are offline',
  signingIn: 'Signing you in',
  conversations: 'Conversations',
  newConversation: 'New conversation',
  search: 'Search conversations',
  show: 'Show conversations',
  hide: 'Hide conversations',
  more: (title: string) => `More for “${title}”`,
  newTitle: 'New title',
  rename: 'Rename',
  deleteAfterAsking: 'Delete…',
  delete: 'Delete',
};

export type Words = typeof english;

const french: Words = {
  conversation: 'Conversation',
  assistant: 'Assistant',
  you: 'Vous',
  message: 'Message',
  send: 'Envoyer',
  stop: 'Arrêter',
  edit: 'Modifier',
  retry: 'Réessayer',
  goOn: 'Continuer',
  jumpToLatest: 'Aller à la fin',
  emptyHeading: 'Que souhaitez-vous savoir',
  starters: 'Questions pour commencer',
  signOut: 'Se déconnecter',
  stopped: 'Arrêtée par vous',
  offline: 'Vous êtes hors ligne',
  signingIn: 'Connexion en cours',
  conversations: 'Conversations',
  newConversation: 'Nouvelle conversation',
  search: 'Chercher une conversation',
  show: 'Afficher les conversations',
  hide: 'Masquer les conversations',
  more: (title) => `Actions pour « ${title} »`,
  newTitle: 'Nouveau titre',
  rename: 'Renommer',
  deleteAfterAsking: 'Supprimer…',
  delete: 'Supprimer',
};

/** For a browser's locale. */
export const wordsOf = (locale?: string): Words => (locale?.startsWith('fr') ? french : english);
