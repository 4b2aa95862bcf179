import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Logging
import Testing

/// Rejecting a token costs the same for any number of secrets of a caller.
@Suite("The cost of rejecting a token")
struct CandidateCheckTests {
    private let ends: ClientAndServer
    private let candidates: [Credential]

    init() throws {
        ends = try ClientAndServer()
        candidates = try (0..<Credential.maximumCountPerCaller + 1).map { index in
            Credential(
                name: "\(index)",
                insecureForAnyAspID: try ClientAndServer.secretKey("secret \(index)"),
                cryptoKeyIDs: .insecureAny
            )
        }
    }

    /// Returns the number of MACs that a check computed, and the names of the matching candidates.
    private func check(_ candidates: [Credential], madeWith secret: String) async throws -> (
        macCount: Int, names: [String]
    ) {
        let body = "{}".bytes
        let stamp = try RequestStamp(date: ClientAndServer.start, timeZone: .utc)
        let token = try TranTokenSigner(ClientAndServer.secretKey(secret)).sign(body, at: stamp)
        var names: [String] = []
        let macCount = try await CandidateCheck().check(candidates, token, body: body) { names.append($0.name) }
        return (macCount, names)
    }

    @Test("Every rejection computes four MACs", arguments: 0...Credential.maximumCountPerCaller)
    func rejections(count: Int) async throws {
        let done = try await check(Array(candidates.prefix(count)), madeWith: "a guess")
        #expect(done.macCount == 4)
        #expect(done.names == [])
    }

    @Test("Every candidate is tried, whichever one matches", arguments: 0..<4)
    func matches(index: Int) async throws {
        let done = try await check(Array(candidates.prefix(4)), madeWith: "secret \(index)")
        #expect(done.macCount == 4)
        #expect(done.names == ["\(index)"])
        // Accepting a token computes no additional MACs.
        #expect(try await check([candidates[index]], madeWith: "secret \(index)").macCount == 1)
    }

    @Test("More credentials than the maximum are a server error, which is logged")
    func tooManyCandidates() async throws {
        let log = CapturedLog()
        let server = try ends.server(
            credentials: StaticCredentials([.accessKey(ends.accessKey): candidates]),
            logger: log.logger
        )
        let draft = ends.draft()
        let error = await #expect(throws: KMError(.configurationInvalid)) { try await server.open(draft) }
        #expect(error?.detail.contains("at most 4 credentials for a caller; got 5") == true)
        #expect(log.records.last?.level == .error)
        let response = await server.respond(to: try draft.fields(), draft.body) { $0.parameters }
        #expect(response.status == .internalServerError)
    }
}
