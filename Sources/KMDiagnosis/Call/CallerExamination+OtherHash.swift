internal import KMPrimitives
internal import KMSecurity

// Tokens whose MAC has the size of another hash than SHA-256.

extension CallerExamination {
    /// The step of a token whose MAC has the size of another hash than SHA-256.
    func otherHash(_ made: MistakenMAC, _ mac: [UInt8], _ candidates: [Credential]) -> JudgedStep {
        let secrets = candidates.compactMap { (try? $0.secretKey.hmac).flatMap(bytes(of:)) }
        let size = "a MAC of \(mac.count) bytes, the size of \(made.name)"
        guard !secrets.isEmpty else {
            return .notChecked(.token, Self.expectedToken, "\(size); the bytes of the secret key are not known here")
        }
        for secret in secrets {
            guard let (mistakes, signed) = mistakes(of: made, mac, secret) else { continue }
            let all = [Mistake(name: made.cause.rawValue, advice: made.cause.fix)] + mistakes
            let mistake = Mistake(
                name: all.map(\.name).joined(separator: "+"),
                advice: all.map(\.advice).joined(separator: "; ")
            )
            let found = "\(made.name) of \(signed == nil ? "the body" : "other bytes than the body")"
            let difference = signed.flatMap {
                Judgment.Difference(place: "body", expected: $0, found: request.body)
            }
            return .judged(
                .token,
                Self.expectedToken,
                [Fault(.tokenMismatch, found, mistake, difference)],
                otherwise: found
            )
        }
        let found = "\(size), which is not \(made.name) of the body under the caller's secret key"
        return .judged(.token, Self.expectedToken, [Fault(.tokenMismatch, found, .tokenMACSize)], otherwise: found)
    }

    /// Returns the further mistakes with which a sender made a MAC; nil if no known mistake explains it.
    private func mistakes(
        of made: MistakenMAC,
        _ mac: [UInt8],
        _ secret: SecretBytes
    ) -> (mistakes: [Mistake], signed: [UInt8]?)? {
        let body = request.body
        func isMade(_ body: [UInt8], _ secret: SecretBytes) -> Bool {
            (try? made.isMade(mac, of: body, under: secret)) == true
        }
        if isMade(body, secret) { return ([], nil) }
        guard body.count <= TokenDiagnosis.maximumBodyByteCount else { return nil }
        for mistake in BodyMistake.all {
            if let signed = mistake.apply(body), isMade(signed, secret) { return ([mistake.mistake], signed) }
        }
        for mistake in SecretMistake.all {
            if let other = try? mistake.apply(secret), isMade(body, other) { return ([mistake.mistake], nil) }
        }
        return nil
    }
}

extension MistakenMAC {
    /// The cause of a token with this MAC.
    fileprivate var cause: CallCause {
        switch self {
        case .hmacSHA1: .tokenSHA1
        case .hmacSHA384: .tokenSHA384
        case .hmacSHA512: .tokenSHA512
        }
    }
}
