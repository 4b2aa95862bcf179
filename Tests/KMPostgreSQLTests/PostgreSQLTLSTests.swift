#if PostgreSQL
import Foundation
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import KMSecurityTestSupport
import Testing

extension PostgreSQLTests {
    @Suite("TLS to PostgreSQL", .serialized)
    struct TLSTests {
        @Test("A connection with sslmode=verify-full is accepted only if the certificate verifies")
        func verifyFull() async throws {
            let server = try PostgreSQLServer()
            let port = try server.startWithTLS()
            var claims = Claims(server: server)
            func string(_ host: String, _ root: String) -> String {
                "host=\(host) hostaddr=127.0.0.1 port=\(port) user=admin password=administrator-secret dbname=postgres "
                    + "sslmode=verify-full sslrootcert=\(server.directory)/\(root)"
            }
            claims.connectionString = string("localhost", "certificate.pem")
            let replayGuard = try await claims.guards(1)[0]
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .first)
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .replayed)
            for (host, root, words) in [
                ("localhost", "other.pem", "certificate verify failed"),
                ("db.example", "certificate.pem", "does not match the host's name"),
            ] {
                claims.connectionString = string(host, root)
                let other = try PostgreSQLReplayGuard(claims.configuration())
                let error = await #expect(throws: KMError(.replayStoreUnavailable)) {
                    try await other.claim(claims.requests.request(1))
                }
                #expect(error?.detail.contains(words) == true, "\(error?.detail ?? "")")
                #expect(error?.detail.contains("secret") == false)
                await other.close()
            }
            await replayGuard.close()
        }
    }
}
#endif
