"""Loads the staff's pages of every capability."""

import kyc.legacy_imports.admin
import kyc.qa_reviews.admin
import kyc.review.admin.cases
import kyc.review.admin.deletions
import kyc.review.admin.documents
import kyc.review.admin.renewals
import kyc.review.admin.type_changes
import kyc.review.admin.underage_detections
import kyc.risk.admin
import kyc.screening.admin
import kyc.signers.admin
