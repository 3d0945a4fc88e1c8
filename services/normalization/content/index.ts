/** What is known of products whoever sells them. */
export { ContentStore, contentMigration } from './store.ts';
