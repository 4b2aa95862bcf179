import Foundation
import HTTPTypes
import KMDiagnosis
import KMJOSE
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite("The judge of requests")
struct RequestJudgeTests {
    @Test("A valid request passes every step", arguments: [false, true])
    func accepted(isOfFields: Bool) async throws {
        var scene = try Scene()
        if isOfFields { try scene.useFields() }
        scene.date += 40
        let (judgment, parameters) = try await scene.judge().judge(scene.request(), endpoint: scene.endpoint)
        #expect(judgment.verdict == .accepted && judgment.code == nil)
        #expect(judgment.steps.map(\.name) == Judgment.Step.Name.allCases.filter { $0 != .status })
        #expect(judgment.steps.allSatisfy { $0.outcome == .passed && $0.cause == nil && $0.fix == nil })
        #expect(judgment.warnings.isEmpty)
        // The correlation id has whole seconds.
        #expect(judgment.summary == "accepted; the correlation id was made 40 s before")
        #expect(parameters == ClientAndServer.parameters)
    }

    @Test("The judge names a planted mistake, and rejects with the server's code", arguments: PlantedMistake.all)
    func planted(mistake: PlantedMistake) async throws {
        var scene = try Scene()
        try mistake.plant(&scene)
        let judgment = try await scene.judgment()
        let step = try #require(judgment.step(mistake.step))
        #expect(step.outcome == .failed)
        #expect(step.cause?.split(separator: "+").contains { $0 == mistake.cause } == true, "\(step)")
        #expect(step.fix?.isEmpty == false && judgment.verdict == .rejected)
        #expect(judgment.summary.hasPrefix("rejected at \(judgment.firstFailure?.name.rawValue ?? "")"))
        if scene.earlier == nil { #expect(try await scene.serverCode() == judgment.openCode) }
        try Self.checkSecrets(judgment)
    }

    @Test("Every cause has a planted mistake")
    func coverage() {
        let planted = Set(PlantedMistake.all.map(\.cause) + PlantedAnswer.all.map(\.cause))
        #expect(RequestJudge.causes.filter { !planted.contains($0) } == [])
        #expect(Set(RequestJudge.causes).count == RequestJudge.causes.count)
        #expect(Set(RequestJudge.causes).isDisjoint(with: TokenDiagnosis.causes))
    }

    /// Checks that no text of a judgment contains a secret.
    static func checkSecrets(_ judgment: Judgment, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let text = String(decoding: try JSONEncoder().encode(judgment), as: UTF8.self)
        let secrets = [
            ClientAndServer.card, ClientAndServer.secretText, Scene.otherSecretText, "50000104652",
            String(ClientAndServer.card.prefix(12)), "\"837\"",
        ]
        for secret in secrets { #expect(!text.contains(secret), sourceLocation: sourceLocation) }
    }

    @Test("Several faults are all reported, each in its step")
    func severalFaults() async throws {
        var scene = try Scene()
        scene.draft.setTime("20270305213456789")
        scene.draft.body = scene.draft.body.replacing("encData", "encdata")
        scene.sentBody = scene.draft.body + "\n".bytes
        scene.draft.aspID = "0001700000000000"
        let judgment = try await scene.judgment()
        let failed = judgment.steps.filter { $0.outcome == .failed }
        #expect(failed.map(\.name) == [.headers, .token, .freshness, .protection])
        #expect(
            failed.map(\.cause) == ["asp-id-16-characters", "body-newline-removed", "time-zone-wrong", "encdata-name"]
        )
        #expect(judgment.code == "headerInvalid")
    }

    @Test("A wrong token hides a wrong ASP id from the receiver, but not from the developer")
    func wrongTokenAndASPID() async throws {
        var scene = try Scene()
        scene.draft.aspID = "000180000000000"
        scene.sentBody = scene.draft.body + "\n".bytes
        let judgment = try await scene.judgment()
        #expect(try await scene.serverCode() == judgment.code && judgment.code == "tokenMismatch")
        #expect(judgment.step(.caller)?.found.contains("but X-KM-User-AspId is not the one") == true)
    }

    @Test("The first byte that differs from the signed body is reported")
    func firstDifference() async throws {
        var scene = try Scene()
        scene.sentBody = scene.draft.body.replacing(":\"", ": \"")
        let difference = try await scene.judgment().step(.token)?.difference
        #expect(difference?.place == "body" && difference?.offset == 11)
        #expect(difference?.expected == "\"" && difference?.found == "0x20")
    }

    @Test("The position of a wrong character in a header and in a JWE is reported")
    func positions() async throws {
        var scene = try Scene()
        scene.change = { $0[.kmCorrelationID] = "270305123456_0a1b2c3" }
        let header = try await scene.judgment().step(.headers)?.difference
        #expect(header?.place == "X-KM-Correlation-Id" && header?.offset == 12 && header?.found == "_")

        scene = try Scene()
        var texts = try SealedParts(plaintext: ClientAndServer.parameters).texts()
        texts[1] += "="
        scene.draft.body = #"{"encData":"\#(texts.joined(separator: "."))"}"#.bytes
        let body = try await scene.judgment().step(.protection)?.difference
        #expect(body?.place == "body" && body?.offset == 12 + texts[0].count + texts[1].count && body?.found == "=")
    }

    @Test("The parameters of a message with a wrong padding are judged too")
    func wrongPadding() async throws {
        var scene = try Scene()
        var parts = SealedParts(plaintext: ClientAndServer.parameters.replacing("\"837\"", "837"))
        parts.wrap = SealedParts.openSSL("rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha1")
        scene.draft.body = try parts.body()
        let (judgment, parameters) = try await scene.judge().judge(scene.request(), endpoint: scene.endpoint)
        #expect(judgment.code == "authenticationFailed")
        #expect(judgment.step(.parameters)?.cause == "parameter-string-as-number")
        #expect(parameters == parts.plaintext)
    }

    @Test("Two mistakes in one JWE are both named")
    func twoMistakes() async throws {
        var scene = try Scene()
        var parts = SealedParts(plaintext: ClientAndServer.parameters)
        parts.wrap = { try TestKeys.second().publicKey.encryptOAEP($0.span) }
        parts.associatedData = []
        scene.draft.body = try parts.body()
        #expect(try await scene.judgment().step(.decryption)?.cause == "encrypted-to-other-key+aad-missing")
    }

    @Test("Without the private key, a valid request is undecided")
    func withoutPrivateKey() async throws {
        var scene = try Scene()
        scene.keyring = try CryptoKeyring(
            [try CryptoKey(id: scene.ends.keyID, encryptionKey: TestKeys.second().publicKey)],
            primary: nil
        )
        let judgment = try await scene.judgment()
        #expect(judgment.verdict == .undecided && judgment.code == nil)
        #expect(judgment.step(.decryption)?.outcome == .notChecked)
    }

    @Test("With the access key and the key id swapped, the header is at fault, and not the encryption")
    func swappedIDs() async throws {
        var scene = try Scene()
        scene.swapIDs()
        let judgment = try await scene.judgment()
        #expect(judgment.step(.headers)?.cause == "access-key-and-key-id-swapped")
        #expect(judgment.step(.decryption)?.found.hasSuffix("which the header does not name") == true)
        #expect(judgment.step(.decryption)?.cause == "encrypted-to-unnamed-key")
        #expect(judgment.step(.parameters)?.outcome == .passed)
    }

    @Test("Without a usable key id, a message that no known key decrypts is not judged", arguments: ["x", nil])
    func unusableKeyID(_ id: String?) async throws {
        var scene = try Scene()
        scene.draft.cryptoKeyID = id
        var parts = SealedParts(plaintext: ClientAndServer.parameters)
        let nobody = try RSAPrivateKey.generate()
        parts.wrap = { try nobody.publicKey.encryptOAEP($0.span) }
        scene.draft.body = try parts.body()
        let step = try #require(try await scene.judgment().step(.decryption))
        #expect(step.outcome == .notChecked && step.cause == nil)
        #expect(step.found.contains("X-KM-Crypto-Key-Id is \(id == nil ? "missing" : "malformed")"))
    }

    @Test("Without the bytes of the secret key, a MAC of another hash is not judged")
    func otherHashWithoutSecretBytes() async throws {
        var scene = try Scene()
        scene.knowsSecrets = false
        scene.change = { $0[.kmTranToken] = "KMV1:20270305123456789:" + Base64.standard.encode([UInt8](1...64)) }
        let judgment = try await scene.judgment()
        #expect(judgment.step(.headers)?.cause == "token-mac-size")
        #expect(judgment.step(.token)?.outcome == .notChecked)
        #expect(judgment.step(.token)?.found.contains("the size of HMAC-SHA-512") == true)
    }

    @Test("Without the bytes of the secret key, mistakes in the body are still explained")
    func withoutSecretBytes() async throws {
        var scene = try Scene()
        scene.knowsSecrets = false
        scene.sentBody = scene.draft.body + "\n".bytes
        #expect(try await scene.judgment().step(.token)?.cause == "body-newline-removed")
    }

    // MARK: Decisions

    @Test("The receiver's decision wins for the verdict and the code")
    func decisions() async throws {
        var scene = try Scene()
        let full = try await scene.judgment(.rejected(KMError(.replayGuardFull, "the guard is full")))
        #expect(full.verdict == .rejected && full.code == "replayGuardFull")
        #expect(full.firstFailure?.name == .replay && full.firstFailure?.found.contains("the guard is full") == true)
        scene.earlier = scene.date
        let accepted = try await scene.judgment(.accepted)
        #expect(accepted.verdict == .accepted && accepted.code == nil && accepted.firstFailure == nil)
        scene.earlier = nil
        scene.draft.setTime("20270305121456789")
        let stale = try await scene.judgment(.rejected(KMError(.tokenStale)))
        #expect(stale.code == "tokenStale" && stale.firstFailure?.cause == "clock-slow")
    }

    @Test("An accepted request with invalid parameters stays accepted if the receiver says so")
    func acceptedWithInvalidParameters() async throws {
        var scene = try Scene()
        scene.draft.body = try SealedParts(plaintext: "{}".bytes).body()
        let judgment = try await scene.judgment(.accepted)
        #expect(judgment.verdict == .accepted && judgment.firstFailure?.name == .parameters)
        #expect(judgment.summary.hasPrefix("accepted, but "))
        #expect(try await scene.judgment().code == "parametersInvalid")
    }

    // MARK: Warnings

    @Test("An accepted request with a short secret key has a warning")
    func shortSecret() async throws {
        var scene = try Scene()
        let short = try ClientAndServer.secretKey("secret")
        scene.draft.secretKey = short
        scene.credentials[.accessKey(scene.ends.accessKey)] = [
            Credential(name: "short", secretKey: short, aspID: scene.ends.aspID, cryptoKeyIDs: [scene.ends.keyID])
        ]
        #expect(try await scene.judgment().warnings.map { $0.hasPrefix("the secret key has 6 bytes") } == [true])
    }

    @Test("A token of one profile with a JWE of the other has a warning", arguments: WireProfile.all)
    func mixedProfiles(profile: WireProfile) async throws {
        var scene = try Scene(profile)
        #expect(try await scene.judgment().warnings.isEmpty)
        scene.draft.profile = profile == .gateway ? .documented : .gateway
        #expect(try await scene.judgment().warnings.map { $0.hasPrefix("the token ") } == [true])
    }

    @Test("A real-looking card number in a plain body has a warning that masks it")
    func plainCardNumber() async throws {
        var scene = try Scene()
        scene.endpoint = .test(.none)
        scene.draft.body = ClientAndServer.parameters
        let judgment = try await scene.judgment()
        #expect(judgment.verdict == .accepted)
        #expect(judgment.warnings.map { $0.contains("first at $.physicalCardNo") } == [true])
        try Self.checkSecrets(judgment)
    }

    @Test(
        "A Content-Type other than JSON has a warning, which quotes no unusual value",
        arguments: [
            ("text/plain; charset=utf-8", "text/plain"), ("application/x-www-form-urlencoded", "form"),
            ("secret/9491339401250765", "another type"), ("Application/JSON;charset=UTF-8", nil),
            ("application/problem+json", nil),
        ]
    )
    func contentType(value: String, expected: String?) async throws {
        var scene = try Scene()
        scene.change = { $0[.contentType] = value }
        let judgment = try await scene.judgment()
        #expect(judgment.verdict == .accepted)
        #expect(judgment.warnings.count == (expected == nil ? 0 : 1))
        if let expected { #expect(judgment.warnings.first?.contains(expected) == true) }
        #expect(judgment.warnings.first?.contains("9491339401250765") != true)
    }

    @Test("An inactive key has a warning")
    func inactiveKey() async throws {
        var scene = try Scene()
        scene.draft.cryptoKeyID = Scene.inactiveText
        scene.draft.body = try SealedParts(plaintext: ClientAndServer.parameters).body()
        let judgment = try await scene.judgment()
        #expect(judgment.verdict == .accepted && judgment.warnings.map { $0.contains("is inactive") } == [true])
    }

    @Test(
        "A certificate near its end has a warning",
        arguments: [(20, "ends in 20 days"), (-1, "has expired"), (31, nil)]
    )
    func certificateEnd(days: Int, expected: String?) async throws {
        var scene = try Scene()
        let certificate = try Certificate.selfSigned(
            TestKeys.second(),
            commonName: "client",
            validity: scene.date.addingTimeInterval(-1e8)...scene.date.addingTimeInterval(Double(days) * 86_400 + 1)
        )
        scene.keyring = try CryptoKeyring(
            [CryptoKey(id: scene.ends.keyID, certificate: certificate, decryptionKey: TestKeys.first())],
            primary: nil
        )
        let judgment = try await scene.judgment()
        #expect(judgment.verdict == .accepted)
        #expect(judgment.warnings.count == (expected == nil ? 0 : 1))
        if let expected { #expect(judgment.warnings.first?.contains(expected) == true) }
    }

    // MARK: Hostile input

    @Test(
        "A large hostile body is judged with the server's code",
        arguments: ["[", "{\"a\":", "\"", "eyJ.", "A", ".", "{\"encData\":\"", "\\u0000"],
        [false, true]
    )
    func largeBodies(piece: String, isSigned: Bool) async throws {
        var scene = try Scene()
        // Larger bodies take minutes under the address sanitizer.
        let count = (64 << 10) / piece.utf8.count
        let body = String(repeating: piece, count: count).bytes
        if isSigned { scene.draft.body = body } else { scene.sentBody = body }
        let judgment = try await scene.judgment()
        #expect(try await scene.serverCode() == judgment.openCode)
    }

    @Test("A message with a large plaintext that does not decrypt is judged")
    func largeMessage() async throws {
        var scene = try Scene()
        var parts = SealedParts(plaintext: [UInt8](repeating: UInt8(ascii: " "), count: 700_000))
        parts.change = { ciphertext, _ in ciphertext[5] ^= 1 }
        scene.draft.body = try parts.body()
        #expect(try await scene.judgment().step(.decryption)?.cause == "message-changed")
    }
}
