#if Sandbox
import Foundation
import KMSecurity

/// The documented test data: the members of a new sandbox, and the parameters that trigger each result.
enum TestData {
    /// A set of parameters, and the result that a call with them gets.
    struct Case: Encodable {
        struct Expected: Encodable {
            let status: Int
            let code: String
        }

        let name: String
        let description: String
        let parameters: Parameters
        let expected: Expected
    }

    /// The parameters of the documented request.
    struct Parameters: Codable, Equatable {
        var userId: UInt64
        var physicalCardNo: String
        var physicalCardExpDate: String
        var physicalCardCVC: String
    }

    /// The members of a new sandbox.
    static let members: [Member] = [
        Member(
            userId: 50_000_104_652,
            cards: [
                .init(
                    cardNo: "9491339401250765",
                    expDate: "3108",
                    cvc: "211",
                    applications: [
                        .init(
                            cardApplyNo: "A202611230000000000001",
                            digitalCardNo: "0000001000000016",
                            mobileCardCVC: "305",
                            balance: 12_000
                        )
                    ]
                )
            ]
        ),
        Member(
            userId: 50_000_104_653,
            cards: [.init(cardNo: "0000000000002014", expDate: "3011", cvc: "102", applications: [])]
        ),
        Member(
            userId: 50_000_104_654,
            cards: [.init(cardNo: "0000000000003012", expDate: "2912", cvc: "103", applications: nil)]
        ),
        Member(userId: 50_000_104_655, isCancelled: true),
    ]

    /// The six test cases of the API page.
    static let cases: [Case] = [
        Case(
            name: "success",
            description: "A member with one application that waits for its physical card.",
            parameters: valid,
            expected: .init(status: 200, code: "000_000")
        ),
        Case(
            name: "nothing-found",
            description: "A member whose card has no application at the moment: an empty list.",
            parameters: .init(
                userId: 50_000_104_653,
                physicalCardNo: "0000000000002014",
                physicalCardExpDate: "3011",
                physicalCardCVC: "102"
            ),
            expected: .init(status: 200, code: "000_000")
        ),
        Case(
            name: "invalid-parameter",
            description: "An expiry date of the month 13.",
            parameters: change { $0.physicalCardExpDate = "3113" },
            expected: .init(status: 400, code: "000_002")
        ),
        Case(
            name: "user-not-found",
            description: "A user whose membership was cancelled.",
            parameters: change { $0.userId = 50_000_104_655 },
            expected: .init(status: 400, code: "001_006")
        ),
        Case(
            name: "invalid-card",
            description: "A wrong CVC.",
            parameters: change { $0.physicalCardCVC = "999" },
            expected: .init(status: 400, code: "003_011")
        ),
        Case(
            name: "no-issued-card",
            description: "A member for whose card no mobile card was issued.",
            parameters: .init(
                userId: 50_000_104_654,
                physicalCardNo: "0000000000003012",
                physicalCardExpDate: "2912",
                physicalCardCVC: "103"
            ),
            expected: .init(status: 400, code: "003_049")
        ),
    ]

    /// The parameters of the successful case.
    static let valid = Parameters(
        userId: 50_000_104_652,
        physicalCardNo: "9491339401250765",
        physicalCardExpDate: "3108",
        physicalCardCVC: "211"
    )

    /// The parameters of the successful case as JSON.
    ///
    /// - Throws: `EncodingError`.
    static func validJSON() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(try encoder.encode(valid))
    }

    private static func change(_ body: (inout Parameters) -> Void) -> Parameters {
        var parameters = valid
        body(&parameters)
        return parameters
    }
}
#endif
