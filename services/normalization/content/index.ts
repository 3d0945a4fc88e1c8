/** What is known of products whoever sells them. */
export { ContentStore, contentMigration, type LeadingKey } from './store.ts';
