internal import Foundation
internal import KMPrimitives

/// The members of vector files that the reference needs to open bodies and to verify tokens.
package struct ReferenceVectors: Decodable, Sendable {
    package struct Key: Decodable, Sendable {
        package let id: String
        package let state: String
        package let privateKey: String
    }

    package struct Group: Decodable, Sendable {
        package let keys: [Key]?
        package let secretKey: String?
        package let timeZone: String?
        package let toleranceSeconds: Int?
        package let tests: [Test]
    }

    package struct Test: Decodable, Sendable {
        package let id: Int
        package let result: String
        package let error: String?
        package let body: String
        package let cryptoKeyId: String?
        package let correlationId: String?
        package let paths: [String]?
        package let requiresMatches: Bool?
        package let parameters: String?
        package let token: String?
        package let verifiedAt: Int?
    }

    package let groups: [Group]

    /// Reads the file of an operation, such as `message-decrypt`.
    package init(_ name: String) throws {
        let url = Document.root.appending(path: "Vectors/\(name).json")
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
    }

    /// Returns the keys of the first group, which are the same in every run, so that findings are reproducible.
    package func openerKeys() throws -> [ReferenceOpener.Key] { try groups.first?.openerKeys() ?? [] }
}

extension ReferenceVectors.Group {
    package func openerKeys() throws -> [ReferenceOpener.Key] {
        try (keys ?? []).map { key in
            let privateKey = try RSAPrivateKey(parsing: Array(key.privateKey.utf8))
            return ReferenceOpener.Key(id: key.id, isDiscarded: key.state == "discarded", privateKey: privateKey)
        }
    }

    /// The offset of the group's time zone from UTC, in seconds.
    package var secondsFromUTC: Int { timeZone == "KST" || timeZone == "JST" ? 9 * 3600 : 0 }
}
