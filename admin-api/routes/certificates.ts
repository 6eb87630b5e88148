import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Authority, Certificate, CertificateInput } from '../schemas/certificates.ts'

const shown = { 200: Certificate }

export function certificateRoutes(app: Api, services: Services): void {
  app.get(
    '/certificate',
    {
      schema: {
        operationId: 'getCertificate',
        tags: ['certificates'],
        summary: 'The certificate that the TLS servers show',
        description: 'Its key is never shown.',
        response: shown,
      },
    },
    async () => granted(await services.certificates.certificate()),
  )

  app.put(
    '/certificate',
    {
      schema: {
        operationId: 'giveCertificate',
        tags: ['certificates'],
        summary: 'Give a certificate with its key',
        description: 'Connections that begin from now on are shown it; those that are open go on.',
        body: CertificateInput,
        response: shown,
      },
    },
    async (request) => granted(await services.certificates.giveCertificate(request.body)),
  )

  app.delete(
    '/certificate',
    {
      schema: {
        operationId: 'takeCertificateBack',
        tags: ['certificates'],
        summary: 'Forget the given certificate',
        description: 'One by the appliance’s own authority is shown again.',
        response: shown,
      },
    },
    async () => granted(await services.certificates.takeCertificateBack()),
  )

  app.post(
    '/certificate/renewal',
    {
      schema: {
        operationId: 'renewCertificate',
        tags: ['certificates'],
        summary: 'Make a new certificate with a new key',
        description: 'By the appliance’s own authority, which happens by itself before the certificate ends.',
        response: shown,
      },
    },
    async () => granted(await services.certificates.renewCertificate()),
  )

  app.get(
    '/certificate/authority',
    {
      schema: {
        operationId: 'getAuthority',
        tags: ['certificates'],
        summary: 'The appliance’s own authority',
        description: 'Its certificate alone is at /ca.crt, for everybody.',
        response: { 200: Authority },
      },
    },
    async () => granted(await services.certificates.authority()),
  )
}
