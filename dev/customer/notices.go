package customer

import (
	"context"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// Notices reads the newest page of what the customer has been told.
func (c *Customer) Notices(ctx context.Context) ([]openapi.Notice, error) {
	list, err := get[openapi.NoticeList](ctx, c, "/notices")
	return list.Notices, err
}
