/// Members of a JSON object, all known by name: what stands beside them is an error and is not passed over.
protocol MemberSet: Decodable {
    associatedtype CodingKeys: CodingKey, CaseIterable
}

extension MemberSet {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue) }
}

/// No members.
struct NoMembers: MemberSet {
    enum CodingKeys: CodingKey, CaseIterable {}
}

/// An object of these members and no others.
struct Strict<Members: MemberSet>: Decodable {
    let members: Members

    init(from decoder: any Decoder) throws {
        try decoder.refuseMembers(besides: Members.memberNames)
        members = try Members(from: decoder)
    }
}

extension Decoder {
    /// Throws when the object has a member that is none of `names`, or one that is null: an optional member is there or
    /// is not.
    func refuseMembers(besides names: [String]) throws {
        let container = try container(keyedBy: MemberName.self)
        for member in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            guard names.contains(member.stringValue) else {
                throw VectorFileError(codingPath + [member], "a member that is not known here")
            }
            guard try !container.decodeNil(forKey: member) else { throw VectorFileError(codingPath + [member], "null") }
        }
    }
}

/// Any member's name.
private struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}
