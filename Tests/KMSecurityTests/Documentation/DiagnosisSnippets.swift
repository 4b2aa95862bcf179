import KMDiagnosis
import KMSecurity

/// The Swift blocks of KMDiagnosis's page, exact but for its indentation.
enum DiagnosisSnippets {
    static func explanation(token: String, body: [UInt8], secret: SecretBytes) throws -> TokenDiagnosis {
        let diagnosis = try TokenDiagnosis.explain(token: token, body: body, secret: secret)
        print(diagnosis.cause, diagnosis.advice)
        return diagnosis
    }

    static func judgment(
        of request: ReceivedRequest,
        at endpoint: Endpoint,
        credentials: StaticCredentials,
        keyring: CryptoKeyring
    ) async -> (Judgment, [UInt8]?) {
        let judge = RequestJudge(.init(credentials: credentials, keyring: keyring, basePath: "/open-api"))
        let (judgment, parameters) = await judge.judge(request, endpoint: endpoint)
        for step in judgment.steps { print(step.name, step.outcome, step.found, step.fix ?? "") }
        return (judgment, parameters)
    }
}
