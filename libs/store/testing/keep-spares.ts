// For the set-up of tests: hundreds of them open a store in memory.
import { keepSpareDatabases } from '../in-memory.ts';

keepSpareDatabases(2);
