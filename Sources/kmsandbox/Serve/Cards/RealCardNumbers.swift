#if Sandbox
import KMDiagnosis
import KMSecurity

/// Looks for card numbers that may be real: a sandbox is for test data only.
enum RealCardNumbers {
    /// The test card of the platform, masked as a finding is.
    private static let testCard = "949133******0765"

    /// Returns a warning about the first card number that may be real.
    ///
    /// - Parameter text: A body or decrypted parameters.
    /// - Returns: The warning; nil if there is no such number.
    static func warning(in text: [UInt8]) -> String? {
        let findings = PANScanner.findings(in: text.span)
        guard let finding = findings.first(where: { $0.masked != testCard }) else { return nil }
        let issuer = finding.issuer.map { " of \($0)" } ?? ""
        let place = finding.jsonPath.map { " at \($0)" } ?? ""
        return "\(finding.masked)\(place) may be a real card number\(issuer): use test data only"
    }
}

extension RecordedCall {
    /// This call without card data, and with a warning, if it has a card number that may be real.
    func withoutRealCardNumbers() -> RecordedCall {
        let texts = [request.body, response.body, parameters ?? [], responseParameters ?? []]
        guard let warning = texts.lazy.compactMap(RealCardNumbers.warning).first else { return self }
        let masking = CallMasking(isRevealed: false)
        func masked(_ text: [UInt8]) -> [UInt8] { Array(masking.parameters(text).utf8) }
        var call = self
        call.request.body = masked(request.body)
        call.response.body = masked(response.body)
        call.parameters = parameters.map(masked)
        call.responseParameters = responseParameters.map(masked)
        call.judgment = judgment.adding(warning: warning)
        call.wholeByteCounts = (requestByteCount, responseByteCount)
        return call
    }
}
#endif
