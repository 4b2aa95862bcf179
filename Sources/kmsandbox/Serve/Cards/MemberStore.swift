#if Sandbox
import Foundation
import KMCards
import KMPrimitives
import KMSecurity

/// The members, cards and applications of a sandbox, in memory and optionally in a file.
final class MemberStore: Sendable {
    /// The content of the state file.
    private struct File: Codable {
        var version = 1
        var members: [Member]
    }

    private let members: Locked<[UInt64: Member]>
    private let path: String?

    /// Opens a store.
    ///
    /// - Parameter path: The state file, which is created with the test data if it does not exist; nil for memory only.
    /// - Throws: ``KMError`` `fileUnreadable`, `fileUnwritable`, `stateInvalid`.
    init(path: String?) throws {
        self.path = path
        guard let path, FileManager.default.fileExists(atPath: path) else {
            members = Locked(Self.index(TestData.members))
            try save()
            return
        }
        let bytes = try contents(ofFile: path)
        do {
            let file = try JSONDecoder().decode(File.self, from: Data(bytes))
            guard file.version == 1 else {
                throw KMError(.stateInvalid, "\(path): version must be 1; got \(file.version)")
            }
            try Self.check(file.members, path)
            members = Locked(Self.index(file.members))
        } catch let error as DecodingError {
            throw KMError(.stateInvalid, "\(path): \(error.place); correct the file, or remove it to start anew")
        }
    }

    private static func check(_ members: [Member], _ path: String) throws {
        for member in members {
            for (index, card) in member.cards.enumerated() {
                for application in card.applications ?? []
                where (try? PAN(application.digitalCardNo, digitCount: 16)) == nil {
                    throw KMError(
                        .stateInvalid,
                        "\(path): a digitalCardNo of card \(index) of member \(member.userId) is not a card number of 16 "
                            + "digits; correct it"
                    )
                }
            }
        }
    }

    /// Returns the member with a number.
    func member(_ userId: UInt64) -> Member? { members.withLock { $0[userId] } }

    /// Adds a member, or makes a cancelled one active again.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`; `limitExceeded` if there are too many members.
    func register(_ userId: UInt64) throws {
        try members.withLock { members in
            guard members[userId] != nil || members.count < Self.maximumMemberCount else {
                throw KMError(.limitExceeded, "a sandbox keeps at most \(Self.maximumMemberCount) members")
            }
            members[userId, default: Member(userId: userId)].isCancelled = false
        }
        try save()
    }

    /// Adds a physical card to a member, in place of a card with the same number.
    ///
    /// - Returns: False if there is no such member.
    /// - Throws: ``KMError`` `fileUnwritable`; `limitExceeded` if the member has too many cards.
    func add(_ card: Member.Card, to userId: UInt64) throws -> Bool {
        let isKnown = try members.withLock { members in
            guard var member = members[userId], !member.isCancelled else { return false }
            member.cards.removeAll { $0.cardNo == card.cardNo }
            guard member.cards.count < 100 else { throw KMError(.limitExceeded, "a member has at most 100 cards") }
            member.cards.append(card)
            members[userId] = member
            return true
        }
        if isKnown { try save() }
        return isKnown
    }

    /// Restores the test data.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    func reset() throws {
        members.withLock { $0 = Self.index(TestData.members) }
        try save()
    }

    private static let maximumMemberCount = 100_000

    private func save() throws {
        guard let path else { return }
        // Under the lock, so that an older state does not replace a newer one.
        try members.withLock { members in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let file = File(members: members.values.sorted { $0.userId < $1.userId })
            try writeFile(Array(try encoder.encode(file)).span, path: path, mode: 0o600, replaces: true)
        }
    }

    private static func index(_ members: [Member]) -> [UInt64: Member] {
        Dictionary(members.map { ($0.userId, $0) }) { _, last in last }
    }
}

extension DecodingError {
    /// The member at which decoding failed, without its value.
    fileprivate var place: String {
        let context: Context? =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: nil
            }
        var keys = context?.codingPath ?? []
        if case .keyNotFound(let key, _) = self { keys.append(key) }
        let path = keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? "it is not a state of the sandbox" : "\(path) is missing or has another type"
    }
}

extension KMError.Code {
    /// The state file of a sandbox is invalid.
    static let stateInvalid = Self("stateInvalid")
}
#endif
