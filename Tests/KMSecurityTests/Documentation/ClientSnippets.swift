import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The Swift blocks of GettingStartedClient, exact but for their indentation.
enum ClientSnippets {
    struct WaitingCards: Codable {
        struct Item: Codable {
            let cardApplyNo: String
            let status: String
        }

        let issuedCardList: [Item]
    }

    struct Rejected: Error {
        let code: String
    }

    static func keys(
        secretPath: String,
        passphrasePath: String,
        clientKeyPath: String,
        certificatePath: String,
        keyIDText: String
    ) throws -> (SecretKey, CryptoKeyring) {
        let secretKey = try SecretKey(SecretBytes(contentsOfFile: secretPath).withoutTrailingNewline())
        if secretKey.isShort { print("the secret key has fewer than 32 bytes; ask for a longer one") }

        let passphrase = try SecretBytes(contentsOfFile: passphrasePath).withoutTrailingNewline()
        let clientKey = try RSAPrivateKey(contentsOfFile: clientKeyPath, passphrase: passphrase)
        let platform = try Certificate(contentsOfFile: certificatePath)

        let keyring = try CryptoKeyring(
            primary: CryptoKey(
                id: try CryptoKeyID(keyIDText),
                certificate: platform,
                decryptionKey: clientKey,
                issuedAt: Date(timeIntervalSince1970: 1_790_000_000)
            )
        )
        return (secretKey, keyring)
    }

    static func client(_ secretKey: SecretKey, _ keyring: any KeyringSource) throws -> ClientSecurity {
        let client = try ClientSecurity(
            party: .serviceProvider(AccessKey("0123456789abcdef0123456789abcdef01234567")),
            aspID: AspID("000170000000000"),
            secretKey: secretKey,
            keyring: keyring,
            configuration: .init(timeZone: .kst, profile: .gateway)
        )
        return client
    }

    static func request(_ client: ClientSecurity) async throws -> SealedRequest {
        let parameters = Array(
            #"""
            {"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}
            """#.utf8
        )
        let request = try await client.seal(parameters, for: .waitingPhysicalCards)
        return request
    }

    static func urlRequest(_ request: SealedRequest, to url: URL) -> URLRequest {
        var urlRequest = URLRequest(url: url)
        urlRequest.httpMethod = "POST"
        urlRequest.setValue("application/json", forHTTPHeaderField: "Content-Type")
        for field in request.headers { urlRequest.setValue(field.value, forHTTPHeaderField: field.name.rawName) }
        urlRequest.httpBody = Data(request.body)
        return urlRequest
    }

    static func fields(of httpResponse: HTTPURLResponse) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in httpResponse.allHeaderFields {
            if let name = HTTPField.Name("\(name)") { fields.append(HTTPField(name: name, value: "\(value)")) }
        }
        return fields
    }

    static func cards(
        _ client: ClientSecurity,
        _ status: Int,
        _ fields: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest
    ) async throws -> [String] {
        switch status {
        case 200:
            let response = try await client.open(fields, body, answering: request)
            let cards = try response.decode(WaitingCards.self)
            return cards.issuedCardList.map(\.status)
        case 400:
            let error = try PlatformError(parsing: body)
            if error == .notFoundIssuedCards { return [] }
            throw Rejected(code: error.result.code)
        default:
            // Not a reply in the platform's form: a 500 has no body, and a proxy sends its own.
            throw Rejected(code: "HTTP \(status)")
        }
    }

    static func parameters(
        _ client: ClientSecurity,
        _ fields: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest
    ) async throws -> [UInt8] {
        do {
            return try await client.open(fields, body, answering: request).parameters
        } catch let error as KMError where error.code == .protectionRequired {
            // The reply is plain but must be encrypted. Do not use it, whoever sent it.
            throw Rejected(code: "\(error)")
        } catch let error as KMError where error.code == .keyNotActive || error.code == .keyUnknown {
            // The platform answered under a key that this keyring does not have, or no longer uses.
            throw Rejected(code: "\(error)")
        }
    }

    static func rotate(_ keyring: LiveKeyring, _ newKey: CryptoKey, _ oldKeyID: CryptoKeyID) throws {
        try keyring.update { try $0.adding(newKey) }
        try keyring.update { try $0.makingPrimary(newKey.id) }
        try keyring.update { try $0.setting(.inactive, of: oldKeyID) }
    }
}
