"""The panel's page of departments: coordinators say who speaks for which."""

from mvoting.core.ids import random_id


def test_a_coordinator_gives_a_department_its_officers(browser, db, staff_headers):
    name, officer, coordinator = f"공원 {random_id()}", random_id(), browser("proposal_officer")
    staff_headers("department_officer", staff_id=officer)
    assert officer in coordinator.text("/admin/departments")
    sent = {"department": name, "officer": [officer], "version": "0"}
    assert coordinator.post("/admin/departments", sent).status_code == 303
    assert db.idea_departments.find_one({"_id": name})["officer_ids"] == [officer]
    assert name in coordinator.text("/admin/departments")
    stale = coordinator.post("/admin/departments", sent)
    assert stale.status_code == 422
    unknown = coordinator.post("/admin/departments", {**sent, "officer": [random_id()], "version": "1"})
    assert unknown.status_code == 422
    assert coordinator.post("/admin/departments", {"department": name, "version": "1"}).status_code == 303
    assert db.idea_departments.find_one({"_id": name})["officer_ids"] == []


def test_officers_themselves_do_not(browser):
    assert browser("department_officer").get("/admin/departments").status_code == 403
