import KMDiagnosis

/// The Swift block of KMDiagnosis's page, exact but for its indentation.
enum DiagnosisSnippets {
    static func explanation(token: String, body: [UInt8], secret: SecretBytes) throws -> TokenDiagnosis {
        let diagnosis = try TokenDiagnosis.explain(token: token, body: body, secret: secret)
        print(diagnosis.cause, diagnosis.advice)
        return diagnosis
    }
}
