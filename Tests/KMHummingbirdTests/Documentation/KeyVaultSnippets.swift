#if Hummingbird && AsyncHTTPClient
import Foundation
import HTTPTypes
import KMSecurity

/// The Swift block of HSMKeys.md about the key service of a cloud, exact but for its indentation.
enum KeyVaultSnippets {
    struct KeyVaultKey: ContentKeyUnwrapper {
        struct Failure: Error {
            let status: Int
        }

        private struct Operation: Encodable {
            let alg, value: String
        }

        private struct Unwrapped: Decodable {
            let value: String
        }

        private struct Problem: Decodable {
            struct Cause: Decodable {
                let code: String
            }

            let error: Cause
        }

        let transport: any HTTPTransport
        let host: String
        let path: String
        let accessToken: @Sendable () async throws -> String
        var timeout = Duration.seconds(5)

        func unwrap(_ key: WrappedContentKey) async throws -> SecretBytes? {
            guard key.algorithm == .rsaOAEP256 else { return nil }
            let target = "\(path)/unwrapkey?api-version=7.4"
            var request = HTTPRequest(method: .post, scheme: "https", authority: host, path: target)
            request.headerFields[.authorization] = "Bearer \(try await accessToken())"
            request.headerFields[.contentType] = "application/json"
            let operation = Operation(alg: "RSA-OAEP-256", value: Self.base64URL(key.bytes))
            let (response, body) = try await transport.send(
                request,
                Array(JSONEncoder().encode(operation)),
                limit: 16_384,
                deadline: .now + timeout
            )
            if response.status == .ok {
                let value = try JSONDecoder().decode(Unwrapped.self, from: Data(body)).value
                guard let bytes = Self.bytes(value) else { throw Failure(status: 200) }
                return try SecretBytes(copying: Array(bytes))
            }
            let cause = try? JSONDecoder().decode(Problem.self, from: Data(body)).error.code
            guard response.status == .badRequest, cause == "BadParameter" else {
                throw Failure(status: response.status.code)
            }
            return nil
        }

        private static func base64URL(_ bytes: [UInt8]) -> String {
            let text = Data(bytes).base64EncodedString()
            return text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }

        private static func bytes(_ text: String) -> Data? {
            let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
            return Data(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/") + padding)
        }
    }
}
#endif
