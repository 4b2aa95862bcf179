import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport
import Logging
import Testing

/// A rejection costs the same whatever number of secrets a caller has.
@Suite("The cost of rejecting a token")
struct CandidateCheckTests {
    private let scene: ReceivingScene
    private let candidates: [Credential]

    init() throws {
        scene = try ReceivingScene()
        candidates = try (0..<Credential.maximumCountPerCaller + 1).map { index in
            Credential(
                name: "\(index)",
                insecureForAnyAspID: try ReceivingScene.secretKey("secret \(index)"),
                cryptoKeyIDs: .insecureAny
            )
        }
    }

    /// The number of MACs that a check computed, and the names of the candidates that it found.
    private func check(_ candidates: [Credential], madeWith secret: String) throws -> (macCount: Int, names: [String]) {
        let body = "{}".bytes
        let stamp = try RequestStamp(date: ReceivingScene.start, timeZone: .utc)
        let token = try TranTokenSigner(ReceivingScene.secretKey(secret)).sign(body, at: stamp)
        var names: [String] = []
        let macCount = try CandidateCheck().check(candidates, token, body: body.span) { names.append($0.name) }
        return (macCount, names)
    }

    @Test("Every rejection computes four MACs", arguments: 0...Credential.maximumCountPerCaller)
    func rejections(count: Int) throws {
        let done = try check(Array(candidates.prefix(count)), madeWith: "a guess")
        #expect(done.macCount == 4)
        #expect(done.names == [])
    }

    @Test("Every candidate is tried, wherever the one that matches is", arguments: 0..<4)
    func matches(index: Int) throws {
        let done = try check(Array(candidates.prefix(4)), madeWith: "secret \(index)")
        #expect(done.macCount == 4)
        #expect(done.names == ["\(index)"])
        // To accept a token costs no more than that.
        #expect(try check([candidates[index]], madeWith: "secret \(index)").macCount == 1)
    }

    @Test("More candidates than the maximum are a fault of the server, told to its operator")
    func tooManyCandidates() async throws {
        let log = CapturedLog()
        let server = try scene.server(
            credentials: StaticCredentials([.accessKey(scene.accessKey): candidates]),
            logger: log.logger
        )
        let draft = scene.draft()
        let error = await #expect(throws: KMError(.configurationInvalid)) { try await server.open(draft) }
        #expect(error?.detail.contains("at most 4 credentials for a caller; got 5") == true)
        #expect(log.records.last?.level == .error)
        let response = await server.respond(to: try draft.fields(), draft.body) { $0.parameters }
        #expect(response.status == .internalServerError)
    }
}
