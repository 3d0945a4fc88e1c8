export { type CertificateFiles, type Certificates, LiveCertificates } from './live-certificates.ts';
