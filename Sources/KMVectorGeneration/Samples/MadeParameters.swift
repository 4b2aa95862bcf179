/// The parameters of the documented endpoint.
enum MadeParameters {
    /// The card number of the platform's public test card.
    static let card = "9491339401250765"

    /// Returns the parameters of a request.
    static func request(_ seeded: SeededBytes) throws -> String {
        let userID = try seeded.number(1...9_999_999_999_999_999_999, "userId")
        return """
            {"userId":\(userID),"physicalCardNo":"\(card)","physicalCardExpDate":"\(try expiry(seeded))",\
            "physicalCardCVC":"\(try seeded.digits(3, "cvc"))"}
            """
    }

    /// Returns the parameters of a response with `count` cards.
    static func response(_ seeded: SeededBytes, count: Int) throws -> String {
        let cards = try (0..<count).map { index in
            let own = seeded.scope("card \(index)")
            return """
                {"cardApplyNo":"\(try own.digits(22, "cardApplyNo"))","issueType":"ISSUE","digital":{"cardNo":"\(card)",\
                "par":"\(try par(own))","serviceId":"\(try own.digits(15, "serviceId"))","serviceName":"카드",\
                "mobileCardCVC":"\(try own.digits(3, "cvc"))"},"status":"COMPLETE",\
                "values":{"balance":\(try own.number(0...9_999_999_999, "balance"))},"requester":"APP"}
                """
        }
        return "{\"issuedCardList\":[\(cards.joined(separator: ","))]}"
    }

    /// Returns an expiry date, YYMM.
    static func expiry(_ seeded: SeededBytes) throws -> String {
        let month = try seeded.number(1...12, "month")
        return "\(try seeded.number(26...39, "year"))\(month < 10 ? "0" : "")\(month)"
    }

    /// Returns a random text in the form of a PAR.
    static func par(_ seeded: SeededBytes) throws -> String {
        "Q1" + (try seeded.bytes(25, "par").map { String($0 % 16, radix: 16, uppercase: true) }.joined())
    }
}
