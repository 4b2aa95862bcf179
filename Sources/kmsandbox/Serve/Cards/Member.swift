#if Sandbox
import KMCards
import KMSecurity

/// A member of the sandbox's platform, with the physical cards that the member holds.
struct Member: Codable, Equatable {
    /// The number that calls name as `userId`.
    let userId: UInt64
    /// Whether the membership was cancelled.
    var isCancelled = false
    var cards: [Card] = []

    /// A physical card.
    struct Card: Codable, Equatable {
        let cardNo: String
        let expDate: String
        let cvc: String
        /// The applications for mobile cards that can be linked to the card; nil if no card was ever issued for it.
        var applications: [Application]?
    }

    /// An application for a mobile card, as the documented response describes it.
    struct Application: Codable, Equatable {
        let cardApplyNo: String
        var issueType = "ISSUE"
        let digitalCardNo: String
        let mobileCardCVC: String
        var status = "READY"
        var balance: UInt64 = 0
        var requester = "APP"
    }
}

/// The parameters of the documented response.
struct WaitingCards: Encodable {
    struct Item: Encodable {
        struct Digital: Encodable {
            let cardNo: String
            let par: String
            let serviceId: String
            let serviceName: String
            let mobileCardCVC: String
        }

        struct Values: Encodable {
            struct Points: Encodable {
                let policyType: String
                let policyId: String
                let policyName: String
                let amount: UInt64
            }

            let balance: UInt64
            let points: [Points]
        }

        let cardApplyNo: String
        let issueType: String
        let digital: Digital
        let status: String
        let values: Values
        let requester: String
    }

    let response = Result(code: PlatformResult.success.code, message: PlatformResult.success.message)
    let issuedCardList: [Item]

    struct Result: Encodable {
        let code: String
        let message: String
    }
}

extension WaitingCards {
    /// Creates the parameters for applications.
    ///
    /// - Parameters:
    ///   - applications: The applications.
    ///   - tokenizer: The tokenizer that derives the PAR of each mobile card.
    /// - Throws: ``KMError`` if a card number in the state file is invalid.
    init(_ applications: [Member.Application], _ tokenizer: PARTokenizer) throws {
        issuedCardList = try applications.map { application in
            let par = try tokenizer.par(for: PAN(application.digitalCardNo, digitCount: 16))
            return Item(
                cardApplyNo: application.cardApplyNo,
                issueType: application.issueType,
                digital: .init(
                    cardNo: application.digitalCardNo,
                    par: par.text,
                    serviceId: "100000000000001",
                    serviceName: "Sandbox card",
                    mobileCardCVC: application.mobileCardCVC
                ),
                status: application.status,
                values: .init(
                    balance: application.balance,
                    points: [.init(policyType: "00", policyId: "1", policyName: "Welcome", amount: 100)]
                ),
                requester: application.requester
            )
        }
    }
}
#endif
