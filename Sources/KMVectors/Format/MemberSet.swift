internal import KMJSON

/// A set of JSON object members that are all known by name.
///
/// ``Strict`` rejects an object that has any other member.
protocol MemberSet: Decodable {
    associatedtype CodingKeys: CodingKey, CaseIterable
}

extension MemberSet {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue) }
}

/// An empty set of members.
struct NoMembers: MemberSet {
    enum CodingKeys: CodingKey, CaseIterable {}
}

/// A JSON object that has no members other than those of `Members`.
struct Strict<Members: MemberSet>: Decodable {
    let members: Members

    init(from decoder: any Decoder) throws {
        try decoder.rejectMembers(besides: Members.memberNames)
        members = try Members(from: decoder)
    }
}

extension Decoder {
    /// Throws when the object has a member that is not in `names`, or a member whose value is null.
    ///
    /// An optional member is either present with a value or absent; null is not a value.
    func rejectMembers(besides names: [String]) throws {
        let container = try container(keyedBy: MemberName.self)
        for member in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            guard names.contains(member.stringValue) else {
                throw VectorFileError(codingPath + [member], "unknown member")
            }
            guard try !container.decodeNil(forKey: member) else {
                throw VectorFileError(codingPath + [member], "null; give the member a value or leave it out")
            }
        }
    }
}

/// The name of any member.
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

/// A check for duplicate member names in JSON objects.
///
/// Foundation's decoder uses one of the duplicates and does not report an error.
enum DuplicateMembers {
    /// Throws when `text` is not JSON, or when an object in it has a duplicate member name.
    static func reject(in text: [UInt8]) throws {
        let document = text.span
        var scanner = JSONScanner()
        // The names seen so far in each open object, the innermost object last; an array has an empty set.
        var names: [Set<[UInt8]>] = []
        while true {
            switch try scanner.next(in: document) {
            case .objectStart, .arrayStart: names.append([])
            case .objectEnd, .arrayEnd: names.removeLast()
            case .name:
                let name = JSONString.unescaped(document, scanner.range)
                guard names[names.count - 1].insert(name).inserted else {
                    throw VectorFileError("duplicate member name at byte \(scanner.range.lowerBound)")
                }
            case .end: return
            case .string, .number, .true, .false, .null: break
            }
        }
    }
}
