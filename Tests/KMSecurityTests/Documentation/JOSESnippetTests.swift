import HTTPTypes
import KMDiagnosis
import KMJOSE
import KMSecurity
import KMSecurityTestSupport
import Testing

/// Runs the snippet of the KMJOSE page.
struct JOSESnippetTests {
    @Test func theSnippetDecryptsTheMessageItEncrypted() throws {
        let done = try JOSESnippets.exchange()
        #expect(done.header == done.sent)
        #expect(done.plaintext == Array(#"{"userId":50000104652}"#.utf8))
    }
}

/// Runs the snippet of the KMDiagnosis page.
struct DiagnosisSnippetTests {
    @Test func theSnippetExplainsAValidToken() throws {
        let secret = try SecretBytes(copying: Array("8wRzAtbGkQvXnHq2LmEs5TuYcJd0FiPo".utf8))
        let stamp = try RequestStamp(timeDigits: "20221108120814608", timeZone: .utc)
        let token = try TranTokenSigner(SecretKey(secret)).sign(Array("{}".utf8), at: stamp).text()
        #expect(try DiagnosisSnippets.explanation(token: token, body: Array("{}".utf8), secret: secret) == .verifies)
    }

    @Test func aRequestIsJudged() async throws {
        let ends = try ClientAndServer()
        let sealed = try await ends.client().seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
        let request = ReceivedRequest(
            method: .post,
            path: "/open-api\(Endpoint.waitingPhysicalCards.path)",
            headers: sealed.headers,
            body: sealed.body,
            date: ends.now
        )
        let (judgment, parameters) = await DiagnosisSnippets.judgment(
            of: request,
            at: .waitingPhysicalCards,
            credentials: ends.credentials(ends.secretKey),
            keyring: ends.serverRing
        )
        #expect(judgment.verdict == .accepted && parameters == ClientAndServer.parameters)
    }
}
