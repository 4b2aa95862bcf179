internal import Foundation
internal import HTTPTypes
internal import KMJOSE
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// The examination of who sent a request, and of its token.
struct CallerExamination {
    let receiver: RequestJudge.Receiver
    let request: ReceivedRequest
    /// The decrypted parameters, which the sender may have signed instead of the body; nil if they are not known.
    var parameters: [UInt8]?

    /// What the two steps found.
    struct Outcome {
        let caller: JudgedStep
        let token: JudgedStep
        /// The credential that fits the request; if no secret key made the token, the caller's only one.
        let credential: Credential?
        /// The credentials of the caller.
        let candidates: [Credential]
    }

    private static let expectedCaller = "a known caller whose credential is valid and has the ASP id"
    static let expectedToken = "the MAC of the body's bytes under the caller's secret key"

    func run() async -> Outcome {
        switch await caller() {
        case .failure(let fault):
            return Outcome(
                caller: .judged(.caller, Self.expectedCaller, [fault], otherwise: ""),
                token: token(unknownCaller: .notChecked(.token, Self.expectedToken, "the caller is not known")),
                credential: nil,
                candidates: []
            )
        case .notChecked(let why):
            return Outcome(
                caller: .notChecked(.caller, Self.expectedCaller, why),
                token: .notChecked(.token, Self.expectedToken, "the caller is not known"),
                credential: nil,
                candidates: []
            )
        case .known(let candidates): return await outcome(candidates)
        }
    }

    // MARK: The caller

    private enum Found {
        case known([Credential])
        case failure(Fault)
        case notChecked(String)
    }

    private func caller() async -> Found {
        let caller: Caller
        do {
            let accessKey = try request.headers.optional(AccessKey.self)
            switch receiver.party {
            case .platform:
                guard let accessKey else {
                    let error = HTTPFields.missing(.kmAccessKey)
                    let fault = HeaderExamination(fields: request.headers, kind: .request, isSecret: { _ in false })
                        .fault(.kmAccessKey, error)
                    return .failure(
                        fault.mistake.name == CallCause.headerMissing.rawValue
                            ? Fault(error.code, fault.found, .accessKeyMissing) : fault
                    )
                }
                caller = .accessKey(accessKey)
            case .serviceProvider:
                guard accessKey == nil else {
                    return .failure(
                        Fault(.headerInvalid, "X-KM-Access-Key is present in a callback", .accessKeyOnCallback)
                    )
                }
                guard let aspID = try request.headers.optional(AspID.self) else {
                    return .notChecked("X-KM-User-AspId is missing")
                }
                caller = .callback(aspID)
            }
        } catch {
            return .notChecked("the header that names the caller is malformed")
        }
        do {
            let candidates = try await receiver.credentials.credentials(for: caller)
            guard candidates.count <= Credential.maximumCountPerCaller else {
                return .failure(
                    Fault(
                        .configurationInvalid,
                        "the receiver has \(candidates.count) credentials for this caller, more than it can check",
                        .receiverConfiguration
                    )
                )
            }
            return candidates.isEmpty ? .failure(await unknown(caller)) : .known(candidates)
        } catch {
            return .notChecked("the receiver could not look up its credentials")
        }
    }

    /// Explains an unknown caller by the nearest known one.
    private func unknown(_ caller: Caller) async -> Fault {
        guard case .accessKey(let accessKey) = caller else {
            return Fault(.callerUnknown, "the receiver knows no credentials for this X-KM-User-AspId", .aspIDUnknown)
        }
        let found = "the receiver does not know this X-KM-Access-Key"
        if isSecret(accessKey.text) {
            return Fault(.callerUnknown, "X-KM-Access-Key has a secret key", .accessKeyIsSecret)
        }
        let text = Array(accessKey.text.utf8)
        for variant in [accessKey.text.lowercased(), accessKey.text.uppercased()] where variant != accessKey.text {
            guard let key = try? AccessKey(variant),
                let known = try? await receiver.credentials.credentials(for: .accessKey(key)), !known.isEmpty
            else { continue }
            return Fault(.callerUnknown, "\(found), but one in other letters", .accessKeyCase, at: difference(key))
        }
        for case .accessKey(let known) in receiver.callers.prefix(1000) {
            let other = Array(known.text.utf8)
            if other.map(Self.lowerCase) == text.map(Self.lowerCase) {
                return Fault(
                    .callerUnknown,
                    "\(found), but one in other letters",
                    .accessKeyCase,
                    at: difference(known)
                )
            }
            if EditDistance.isAtMost(2, text, other) {
                return Fault(
                    .callerUnknown,
                    "\(found), but one that differs in one or two characters",
                    .accessKeySimilar,
                    at: difference(known)
                )
            }
        }
        return Fault(.callerUnknown, found, .accessKeyUnknown)
    }

    private static func lowerCase(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

    private func difference(_ known: AccessKey) -> Judgment.Difference? {
        let found = Array((request.headers[.kmAccessKey] ?? "").utf8)
        return Judgment.Difference(place: "X-KM-Access-Key", expected: Array(known.text.utf8), found: found)
    }

    /// Returns whether a text is a secret key whose bytes the receiver knows.
    func isSecret(_ text: String) -> Bool {
        guard let text = try? SecretBytes(copying: Array(text.utf8)) else { return false }
        return receiver.secretKeys.contains(text)
    }

    // MARK: The token

    private func outcome(_ candidates: [Credential]) async -> Outcome {
        let known = "a known caller with \(counted(candidates.count, "credential"))"
        guard let value = try? request.headers.single(.kmTranToken), let token = try? TranToken(value) else {
            let text = (try? request.headers.single(.kmTranToken)).flatMap { $0 }
            return Outcome(
                caller: .passed(.caller, Self.expectedCaller, known),
                token: text.map { malformed($0, candidates) }
                    ?? .notChecked(.token, Self.expectedToken, "there is no single X-KM-Tran-Token"),
                credential: candidates.count == 1 ? candidates[0] : nil,
                candidates: candidates
            )
        }
        let matching: [Credential]
        do {
            matching = try await makers(of: token, candidates)
        } catch {
            return Outcome(
                caller: .passed(.caller, Self.expectedCaller, known),
                token: .notChecked(.token, Self.expectedToken, Self.text(of: error)),
                credential: candidates.count == 1 ? candidates[0] : nil,
                candidates: candidates
            )
        }
        guard !matching.isEmpty else {
            // A receiver checks the rest of a credential only if its secret key made the token.
            let other = candidates.count == 1 ? fault(of: candidates[0]) : nil
            return Outcome(
                caller: .passed(.caller, Self.expectedCaller, known + (other.map { "; but \($0.found)" } ?? "")),
                token: await mismatch(value, token, candidates),
                credential: candidates.count == 1 ? candidates[0] : nil,
                candidates: candidates
            )
        }
        let verified = JudgedStep.passed(
            .token,
            Self.expectedToken,
            "the MAC of the body under the caller's secret key"
        )
        var faults: [Fault] = []
        for credential in matching {
            guard let fault = fault(of: credential) else {
                return Outcome(
                    caller: .passed(.caller, Self.expectedCaller, known),
                    token: verified,
                    credential: credential,
                    candidates: candidates
                )
            }
            faults.append(fault)
        }
        return Outcome(
            caller: .judged(.caller, Self.expectedCaller, Array(faults.prefix(1)), otherwise: known),
            token: verified,
            credential: matching[0],
            candidates: candidates
        )
    }

    /// The text of a device's error; other errors than those of this package may quote their input.
    private static func text(of error: any Error) -> String {
        (error as? DeviceFailure).map(\.description) ?? "the device with the secret key failed: \(type(of: error))"
    }

    /// Returns the credentials whose secret key made a token.
    private func makers(of token: TranToken, _ candidates: [Credential]) async throws -> [Credential] {
        var makers: [Credential] = []
        for candidate in candidates where try await candidate.secretKey.authenticate(request.body) == token.mac {
            makers.append(candidate)
        }
        return makers
    }

    /// Returns why a credential does not fit although its secret key made the token, as the server checks it.
    private func fault(of credential: Credential) -> Fault? {
        if let validity = credential.validity, !validity.contains(request.date) {
            let isEarly = request.date < validity.lowerBound
            return Fault(
                .credentialNotValid,
                "the credential \(credential.name) \(isEarly ? "is not valid yet" : "is no longer valid")",
                .credentialNotValid
            )
        }
        guard let aspID = credential.aspID, let sent = try? request.headers.required(AspID.self), sent != aspID else {
            return nil
        }
        return Fault(
            .callerUnknown,
            "X-KM-User-AspId is not the one of the credential \(credential.name)",
            .aspIDOfOther,
            at: Judgment.Difference(
                place: "X-KM-User-AspId",
                expected: Array(aspID.text.utf8),
                found: Array(sent.text.utf8),
                showsLetters: true
            )
        )
    }

    /// The largest body for which two mistakes at once are tried.
    private static let maximumPairByteCount = 1 << 14

    private func mismatch(_ value: String, _ token: TranToken, _ candidates: [Credential]) async -> JudgedStep {
        let found = "a MAC that is not that of the received body under the caller's secret key"
        for candidate in candidates {
            guard let explained = explanation(value, candidate) else { continue }
            return failed(explained, found)
        }
        let cause: CallCause =
            if isUnderAccessKey(token) {
                .tokenUnderAccessKey
            } else if await isOfOtherCaller(token) {
                .tokenOfOther
            } else {
                .tokenUnexplained
            }
        return .judged(.token, Self.expectedToken, [Fault(.tokenMismatch, found, cause)], otherwise: found)
    }

    /// The step of a token that is malformed, for which the headers already failed.
    private func malformed(_ value: String, _ candidates: [Credential]) -> JudgedStep {
        for candidate in candidates {
            guard let explained = explanation(value, candidate) else { continue }
            let mistakes = Set(explained.diagnosis.cause.split(separator: "+").map(String.init))
            // The headers have reported the form. The step fails only if the MAC is wrong too.
            guard mistakes.contains(where: { !$0.hasPrefix("token-") && !Self.forms.contains($0) }) else {
                return .passed(
                    .token,
                    Self.expectedToken,
                    "the MAC of the body under the caller's secret key, in a malformed token"
                )
            }
            return failed(
                explained,
                "a MAC that is not that of the received body under the caller's secret key, in a malformed token"
            )
        }
        if let (made, mac) = TokenForm.readOtherSize(value) { return otherHash(made, mac, candidates) }
        return .notChecked(.token, Self.expectedToken, "the token is malformed")
    }

    private static let forms = Set(TokenForm.all.map(\.mistake.name))

    private func failed(
        _ explained: (diagnosis: TokenDiagnosis, signed: [UInt8]?),
        _ found: String
    ) -> JudgedStep {
        let difference = explained.signed.flatMap {
            Judgment.Difference(place: "body", expected: $0, found: request.body)
        }
        let mistake = Mistake(name: explained.diagnosis.cause, advice: explained.diagnosis.advice)
        return .judged(
            .token,
            Self.expectedToken,
            [Fault(.tokenMismatch, found, mistake, difference)],
            otherwise: found
        )
    }

    private func explanation(
        _ value: String,
        _ credential: Credential
    ) -> (diagnosis: TokenDiagnosis, signed: [UInt8]?)? {
        guard let hmac = try? credential.secretKey.hmac else { return nil }
        let secret = TokenSecret(hmac: hmac, bytes: bytes(of: hmac))
        let explained = try? TokenDiagnosis.explanation(
            token: value,
            body: request.body,
            secret: secret,
            parameters: parameters,
            maximumPairByteCount: Self.maximumPairByteCount
        )
        let hasCause = explained.map {
            $0.diagnosis != .unknown && $0.diagnosis != .verifies && $0.diagnosis != TokenDiagnosis.unreadable
        }
        return hasCause == true ? explained : nil
    }

    /// The bytes of a secret key, if they are among those that the receiver knows.
    func bytes(of hmac: HMACSHA256) -> SecretBytes? {
        let probe = Array("probe".utf8)
        guard let mac = try? hmac.authenticate(probe) else { return nil }
        return receiver.secretKeys.first { (try? HMACSHA256(key: $0).authenticate(probe)) == mac }
    }

    private func isUnderAccessKey(_ token: TranToken) -> Bool {
        guard let text = request.headers[.kmAccessKey], let key = try? SecretBytes(copying: Array(text.utf8)) else {
            return false
        }
        return (try? HMACSHA256(key: key).isValid(token.mac, for: request.body.span)) == true
    }

    private func isOfOtherCaller(_ token: TranToken) async -> Bool {
        for caller in receiver.callers.prefix(100) {
            for credential in (try? await receiver.credentials.credentials(for: caller)) ?? []
            where (try? credential.secretKey.hmac.isValid(token.mac, for: request.body.span)) == true {
                return true
            }
        }
        return false
    }

    /// The step of a token whose caller is not known: it names the known secret key that made it.
    private func token(unknownCaller otherwise: JudgedStep) -> JudgedStep {
        guard let value = try? request.headers.single(.kmTranToken), let token = try? TranToken(value) else {
            return otherwise
        }
        let isKnown = receiver.secretKeys.contains {
            (try? HMACSHA256(key: $0).isValid(token.mac, for: request.body.span)) == true
        }
        guard isKnown else { return otherwise }
        return .passed(.token, Self.expectedToken, "the MAC under a secret key that the receiver knows")
    }
}
