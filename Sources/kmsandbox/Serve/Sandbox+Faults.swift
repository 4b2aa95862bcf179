#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMWire

// What the settings of a user change in calls and answers, and how a record says so.

extension Sandbox {
    /// Applies the fault of the settings to an answer.
    ///
    /// - Returns: The answer to send, and the fault that changed it; nil if none did.
    func applyingFault(
        to made: MadeAnswer,
        _ settings: SandboxSettings
    ) async -> (answer: Answer, fault: SandboxSettings.Fault?) {
        var answer = made.answer
        switch settings.fault {
        case .none: return (answer, nil)
        case .slow: try? await Task.sleep(for: .milliseconds(settings.delayMilliseconds))
        case .status500: answer = Answer(status: .internalServerError, headers: answer.headers, body: [])
        case .cutBody:
            guard answer.body.count > 1 else { return (answer, nil) }
            answer.body.removeLast(answer.body.count / 2)
        case .wrongKey:
            guard answer.status == .ok, let parameters = made.responseParameters, let opened = made.opened,
                opened.endpoint.response.protection != .none,
                let body = try? sealedForStranger(parameters, opened)
            else { return (answer, nil) }
            answer.body = body
        }
        return (answer, settings.fault)
    }

    /// Says that the crypto key of a request is inactive; nil if it is not.
    func keyAlteration(_ headers: HTTPFields) -> String? {
        guard let id = headers[.kmCryptoKeyID],
            parties.currentKeys.all.contains(where: { $0.pair.id.text == id && $0.state == .inactive })
        else { return nil }
        return "the crypto key of this call is inactive, because the sandbox's keys are being rotated"
    }

    private func sealedForStranger(_ parameters: [UInt8], _ opened: OpenedRequest) throws -> [UInt8] {
        guard let id = opened.headers.cryptoKeyID else { return parameters }
        let key = try CryptoKey(id: id, encryptionKey: strangersKey)
        return try ParameterCipher(keyring: CryptoKeyring(primary: key)).seal(
            parameters,
            opened.endpoint.response.protection,
            under: id,
            at: .now,
            correlationID: opened.headers.correlationID
        )
    }
}

extension SandboxSettings {
    /// Says that the clock was moved; nil if it is right.
    var clockAlteration: String? {
        clockSkewSeconds == 0
            ? nil
            : "the sandbox's clock is \(clockDifference) on purpose: clockSkewSeconds \(clockSkewSeconds)"
    }

    /// Says that a fault changed a response.
    func alteration(by fault: Fault) -> String {
        let effect = fault.effect(delayMilliseconds: delayMilliseconds)
        return "this response was made wrong on purpose: fault \(fault.rawValue), \(effect)"
    }
}

extension Judgment {
    /// Returns this judgment with what was changed on purpose in its summary.
    func adding(_ alterations: [String]) -> Judgment {
        guard !alterations.isEmpty else { return self }
        return Judgment(
            verdict: verdict,
            code: code,
            summary: ([summary] + alterations).joined(separator: "; "),
            steps: steps,
            warnings: warnings
        )
    }
}
#endif
